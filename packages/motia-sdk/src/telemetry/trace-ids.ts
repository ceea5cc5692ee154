import { randomFillSync } from 'node:crypto';
import type { TraceContext } from '@motia/protocol';

/** Random digits are cut from one large string: a call to the operating system per id would cost twenty times more. */
const pool = Buffer.allocUnsafe(4096);
let digits = '';
let used = 0;

/** Unpredictable lower-case hex. */
export function randomHex(count: 16 | 32): string {
  if (used + count > digits.length) {
    digits = randomFillSync(pool).toString('hex');
    used = 0;
  }
  used += count;
  return digits.slice(used - count, used);
}

const wellFormed = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The parts of a W3C trace context. */
export interface SpanIdentity {
  readonly traceId: string;
  readonly spanId: string;
  /** The last byte: bit 1 is `sampled`. */
  readonly flags: number;
}

/** Undefined for a context that cannot be continued. */
export function identityOf(trace: TraceContext | undefined): SpanIdentity | undefined {
  const traceparent = trace?.traceparent;
  if (traceparent === undefined || !wellFormed.test(traceparent)) return undefined;
  return { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52), flags: Number.parseInt(traceparent.slice(53, 55), 16) };
}

export function traceparentOf({ traceId, spanId, flags }: SpanIdentity): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
}
