import { Flag, Offset } from '../record/span-encoder.js';
import { TraceFlag } from '../record/trace-table.js';

/** One record among those of a piece, looked at without its texts. */
export interface RecordHead {
  readonly bytes: Uint8Array;
  readonly traceId: Uint8Array;
  readonly startMs: number;
  readonly endMs: number;
  readonly isRoot: boolean;
  /** Of the trace, as far as this span decides them. */
  readonly flags: number;
}

/** Records of a piece, in the order in which they were written. */
export function* recordsIn(body: Uint8Array, slowMs: number): IterableIterator<RecordHead> {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0; at + Offset.body <= body.byteLength; ) {
    const length = view.getUint32(at, true);
    if (length < Offset.body || at + length > body.byteLength) return;
    const flags = body[at + Offset.flags] as number;
    const isRoot = (flags & Flag.hasParent) === 0 || (flags & Flag.isParentRemote) !== 0;
    const startMs = view.getFloat64(at + Offset.start, true);
    const endMs = view.getFloat64(at + Offset.end, true);
    const status = (body[at + Offset.kind] as number) >> 3;
    yield {
      bytes: body.subarray(at, at + length),
      traceId: body.subarray(at + Offset.traceId, at + Offset.traceId + 16),
      startMs, endMs, isRoot,
      flags: TraceFlag.used | (status >= 2 ? TraceFlag.error : 0) | (isRoot && endMs - startMs >= slowMs ? TraceFlag.slow : 0) | ((flags & Flag.isInternal) === 0 ? 0 : TraceFlag.internal),
    };
    at += length;
  }
}

/** When the first span of a piece ended, epoch milliseconds: about the earliest of it. */
export function firstEndOf(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset, body.byteLength).getFloat64(Offset.end, true);
}

export function isSameId(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Worth keeping when others go. */
export function isNotableTrace(flags: number): boolean {
  return (flags & (TraceFlag.error | TraceFlag.slow)) !== 0 && (flags & TraceFlag.internal) === 0;
}
