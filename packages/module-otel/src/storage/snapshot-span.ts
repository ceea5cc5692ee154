import { ByteWriter } from '../record/byte-writer.js';
import type { SpanData } from '../record/span-data.js';
import { decodeSpan } from '../record/span-decoder.js';
import type { SpanEncoder } from '../record/span-encoder.js';
import type { SpanRecord } from '../record/span-record.js';

/** Spans that are still open, as they stand now: through the encoder, so that they show no more than ended ones. */
export class SpanSnapshots {
  readonly #encoder: SpanEncoder;
  readonly #writer = new ByteWriter();
  #scratch: Uint8Array | undefined;

  constructor(encoder: SpanEncoder) {
    this.#encoder = encoder;
  }

  data(span: SpanRecord): SpanData {
    return decodeSpan(this.#write(span), 0, this.#encoder.strings);
  }

  /** As a record of the log. */
  bytes(span: SpanRecord): Uint8Array {
    return this.#write(span).slice();
  }

  #write(span: SpanRecord): Uint8Array {
    this.#scratch ??= new Uint8Array(scratchBytes);
    const view = new DataView(this.#scratch.buffer);
    for (const isReduced of [false, true]) {
      this.#writer.begin(this.#scratch, view, 0);
      this.#encoder.encode(span, this.#writer, isReduced);
      if (!this.#writer.isFull) break;
    }
    return this.#scratch.subarray(0, this.#writer.at);
  }
}

const scratchBytes = 256 * 1024;
