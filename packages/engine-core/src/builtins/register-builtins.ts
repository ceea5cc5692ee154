import type { Channels } from '../channels/channel-hub.js';
import type { Clock } from '../contract/clock.js';
import type { FunctionRegistry } from '../contract/functions.js';
import type { HealthView } from '../contract/health.js';
import type { LogLevel, LogSink } from '../contract/logger.js';
import type { TriggerRegistry } from '../contract/triggers.js';
import type { AttachedWorkers } from '../workers/worker-registry.js';
import { isRecord } from '../functions/function-spec.js';
import { hexSpan, hexTrace, spanIdOf, traceIdOf } from '../telemetry/trace-context.js';
import { registerAvailabilityTriggers } from './availability-triggers.js';
import { showFunction, showTrigger, showWorker } from './listings.js';

export interface BuiltinParts {
  readonly clock: Clock;
  readonly logs: LogSink;
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly workers: AttachedWorkers;
  readonly channels: Channels;
  readonly health?: HealthView;
}

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];
/** Existing programs size a channel in messages; this many bytes are reckoned for one. */
const bytesPerMessage = 4096;
const mostMessages = 1024;

/** The engine's own functions and trigger types. */
export function registerBuiltins(parts: BuiltinParts): void {
  const { clock, functions, triggers, workers, channels, health } = parts;

  functions.register({ id: 'engine::functions::list', description: 'Functions that can be called' }, (payload) => ({
    functions: functions.list({ includeInternal: flag(payload, 'include_internal') }).map(showFunction),
  }));

  functions.register({ id: 'engine::triggers::list', description: 'Triggers and whether they are bound' }, (payload) => {
    const withInternal = flag(payload, 'include_internal');
    return { triggers: triggers.list().filter(({ functionId }) => withInternal || !functionId.startsWith('engine::')).map(showTrigger) };
  });

  functions.register({ id: 'engine::workers::list', description: 'Attached processes' }, (payload) => {
    const wanted = isRecord(payload) ? payload['worker_id'] : undefined;
    const shown = workers.connections().filter(({ id }) => wanted === undefined || wanted === null || id === wanted);
    return { workers: shown.map(showWorker), timestamp: clock.now() };
  });

  functions.register({ id: 'engine::channels::create', description: 'A byte stream with one writer and one reader' }, (payload, { callerWorkerId }) => {
    const messages = isRecord(payload) ? payload['buffer_size'] : undefined;
    const bufferBytes = typeof messages === 'number' && messages > 0 ? Math.min(messages, mostMessages) * bytesPerMessage : undefined;
    return channels.createFor(callerWorkerId, bufferBytes);
  });

  if (health !== undefined) {
    functions.register({ id: 'engine::health::check', description: 'Status of the engine and its modules' }, () => health.report());
  }
  for (const level of levels) registerLogFunction(level, parts);
  registerAvailabilityTriggers(parts);
}

/** `{ message, data?, trace_id?, span_id?, service_name? }` becomes a record on the trace of the call, unless it names another. */
function registerLogFunction(level: LogLevel, { clock, functions, logs, workers }: BuiltinParts): void {
  functions.register({ id: `engine::log::${level}`, description: `Writes a log record of level ${level}` }, (payload, { trace, callerWorkerId }) => {
    const input = isRecord(payload) ? payload : { message: payload };
    const { message, data, trace_id: otherTrace, span_id: otherSpan, service_name: service } = input;
    const isElsewhere = typeof otherTrace === 'string' && hexTrace.test(otherTrace);
    const caller = callerWorkerId === undefined ? undefined : workers.connections().find(({ id }) => id === callerWorkerId);
    logs.log({
      level,
      time: clock.now(),
      message: typeof message === 'string' ? message : (JSON.stringify(message) ?? ''),
      source: typeof service === 'string' && service !== '' ? service.slice(0, 256) : (caller?.label ?? 'engine'),
      ...(isElsewhere
        ? { traceId: otherTrace, writerTraceId: traceIdOf(trace), ...(typeof otherSpan === 'string' && hexSpan.test(otherSpan) ? { spanId: otherSpan } : {}) }
        : { traceId: traceIdOf(trace), spanId: spanIdOf(trace) }),
      stream: 'logger',
      ...(callerWorkerId === undefined ? {} : { workerId: callerWorkerId }),
      ...(isRecord(data) ? { fields: data } : data === undefined || data === null ? {} : { fields: { data } }),
    });
    return null;
  });
}

function flag(payload: unknown, key: string): boolean {
  return isRecord(payload) && payload[key] === true;
}
