import { ByteWriter } from '../record/byte-writer.js';
import type { SpanData } from '../record/span-data.js';
import { decodeSpan } from '../record/span-decoder.js';
import type { SpanEncoder } from '../record/span-encoder.js';
import type { SpanRecord } from '../record/span-record.js';

/** A span that is still open, as it stands now. */
export type SnapshotSpan = (span: SpanRecord) => SpanData;

const scratchBytes = 256 * 1024;

/** Takes the way through the encoder, so that an open span shows no more than an ended one: no secrets, within its limits. */
export function snapshotSpans(encoder: SpanEncoder): SnapshotSpan {
  const writer = new ByteWriter();
  let scratch: Uint8Array | undefined;
  return (span) => {
    scratch ??= new Uint8Array(scratchBytes);
    const view = new DataView(scratch.buffer);
    for (const isReduced of [false, true]) {
      writer.begin(scratch, view, 0);
      encoder.encode(span, writer, isReduced);
      if (!writer.isFull) break;
    }
    return decodeSpan(scratch, 0, encoder.strings);
  };
}
