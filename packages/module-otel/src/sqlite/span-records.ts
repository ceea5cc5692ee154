import { Offset } from '../record/span-layout.js';

/** One record among those of a piece, looked at without its texts. */
export interface RecordHead {
  readonly bytes: Uint8Array;
  readonly traceId: Uint8Array;
}

/** Records of a piece, in the order in which they were written. */
export function* recordsIn(body: Uint8Array): IterableIterator<RecordHead> {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0; at + Offset.body <= body.byteLength; ) {
    const length = view.getUint32(at, true);
    if (length < Offset.body || at + length > body.byteLength) return;
    yield { bytes: body.subarray(at, at + length), traceId: body.subarray(at + Offset.traceId, at + Offset.traceId + 16) };
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
