import { randomFillSync } from 'node:crypto';
import type { TraceContext } from '@motia/protocol';

/** Random hex digits are cut from one large string: a call to the operating system per id would cost twenty times more. */
const pool = Buffer.allocUnsafe(8192);
let digits = '';
let used = 0;

/** Unpredictable lower-case hex, `count` digits of it (at most 64). */
export function randomHex(count: number): string {
  if (used + count > digits.length) {
    digits = randomFillSync(pool).toString('hex');
    used = 0;
  }
  const start = used;
  used += count;
  return digits.slice(start, used);
}

const wellFormed = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
/** Ids by themselves, as logs and tools name them. */
export const hexTrace = /^[0-9a-f]{32}$/;
export const hexSpan = /^[0-9a-f]{16}$/;
const longestTracestate = 512;
const longestBaggage = 8192;

/** True for a W3C `traceparent` that may be continued; everything else starts a new trace. */
export function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 55 && wellFormed.test(value) && (value.length === 55 || !value.startsWith('00'));
}

/** A new trace, sampled. */
export function newTraceContext(): TraceContext {
  return { traceparent: `00-${randomHex(32)}-${randomHex(16)}-01` };
}

/** A new span in the trace of `parent`, or a new trace when there is none or it is malformed. */
export function childTraceContext(parent: TraceContext | undefined): TraceContext {
  if (parent === undefined || !isTraceparent(parent.traceparent)) return newTraceContext();
  return nextSpan(parent);
}

/** Like {@link childTraceContext} for a parent that we made ourselves. */
export function nextSpan(parent: TraceContext): TraceContext {
  const { traceparent, tracestate, baggage } = parent;
  const next = `00-${traceparent.slice(3, 35)}-${randomHex(16)}-${traceparent.slice(53, 55)}`;
  if (tracestate === undefined && baggage === undefined) return { traceparent: next };
  return {
    traceparent: next,
    ...(typeof tracestate === 'string' && tracestate.length <= longestTracestate ? { tracestate } : {}),
    ...(typeof baggage === 'string' && baggage.length <= longestBaggage ? { baggage } : {}),
  };
}

export function traceIdOf(trace: TraceContext): string {
  return trace.traceparent.slice(3, 35);
}

export function spanIdOf(trace: TraceContext): string {
  return trace.traceparent.slice(36, 52);
}
