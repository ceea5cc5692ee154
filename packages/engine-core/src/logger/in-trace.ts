import type { TraceContext } from '@motia/protocol';
import type { Logger } from '../contract/logger.js';
import { spanIdOf, traceIdOf } from '../telemetry/trace-context.js';

/**
 * A logger for what is said about work of that trace: its records are found with the trace, and whatever reacts to
 * records knows what they come of. Without a trace, the logger itself.
 */
export function inTrace(logger: Logger, trace: TraceContext | undefined): Logger {
  return trace === undefined ? logger : logger.child({ traceId: traceIdOf(trace), spanId: spanIdOf(trace) });
}
