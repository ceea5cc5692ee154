import type { MotiaError } from '@motia/protocol';
import type { OpenSpan, Telemetry } from '../contract/telemetry.js';
import type { Call } from './call.js';

/** Opens the span of a call. */
export function openSpan(telemetry: Telemetry, call: Call): OpenSpan {
  const { name, common } = call.entry.spanFrames.of(call.options?.trigger);
  return telemetry.startSpan(name, { kind: 'internal', clockMs: call.startedAtMs, parent: call.parentTrace, common, attributes: { 'iii.invocation.id': call.id, 'iii.attempt': call.attempt } });
}

/** Ends it, and splits the time of a call to a worker into waiting for one, transit and handler. */
export function endSpan(call: Call, nowMs: number, error: MotiaError | undefined): void {
  const { span, runner, outgoing, startedAtMs, sentAtMs } = call;
  if (span === undefined || span.isRecording === false) return;
  const handlerMs = outgoing?.handlerMs;
  if (runner === undefined || handlerMs === undefined) {
    span.end(error === undefined ? { clockMs: nowMs } : { clockMs: nowMs, error });
    return;
  }
  // Clocks of two processes: the parts may not add up to more than the whole.
  const awayMs = nowMs - sentAtMs;
  const spentMs = Math.min(handlerMs, awayMs);
  span.end({ clockMs: nowMs, waitMs: sentAtMs - startedAtMs, handlerMs: spentMs, transitMs: awayMs - spentMs, error });
}
