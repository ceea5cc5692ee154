import type { MotiaError } from '@motia/protocol';
import type { OpenSpan, Telemetry } from '../contract/telemetry.js';
import type { Call } from './call.js';

/** Opens the span of a call. */
export function openSpan(telemetry: Telemetry, call: Call): OpenSpan {
  const { entry, options, parentTrace: parent } = call;
  return telemetry.startSpan(`invoke ${call.functionId}`, {
    kind: 'internal',
    ...(parent === undefined ? {} : { parent }),
    attributes: {
      'iii.function.id': call.functionId,
      'iii.function.kind': entry.handler === undefined ? 'worker' : 'internal',
      'iii.invocation.id': call.id,
      'iii.trigger.id': options?.trigger?.id,
      'iii.trigger.type': options?.trigger?.type,
      'iii.attempt': call.attempt,
    },
  });
}

/**
 * Says on the span where a call to a worker spent its time: `iii.parked_ms` waiting for a worker to be there,
 * `iii.handler_ms` in the handler as the worker measured it, `iii.transit_ms` on the wire and in the two event loops.
 */
export function endSpan({ span, runner, outgoing, startedAtMs, sentAtMs }: Call, nowMs: number, error: MotiaError | undefined): void {
  if (span === undefined) return;
  if (runner !== undefined && span.isRecording !== false) {
    if (sentAtMs > startedAtMs) span.setAttribute('iii.parked_ms', sentAtMs - startedAtMs);
    const handlerMs = outgoing?.handlerMs;
    if (handlerMs !== undefined) {
      // Clocks of two processes: the parts may not add up to more than the whole.
      const awayMs = nowMs - sentAtMs;
      const spentMs = Math.min(handlerMs, awayMs);
      span.setAttribute('iii.handler_ms', spentMs);
      span.setAttribute('iii.transit_ms', awayMs - spentMs);
    }
  }
  if (error === undefined) span.end();
  else span.end({ error });
}
