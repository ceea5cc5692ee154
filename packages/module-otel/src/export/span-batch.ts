import type { SpanData } from '../record/span-data.js';
import { decodeSpans } from '../record/span-decoder.js';
import type { SpanLog } from '../record/span-log.js';
import type { StringTable } from '../record/string-table.js';
import type { PumpBatch } from './export-pump.js';
import type { ExportBatch, ExportResource } from './exporter-slot.js';

/** Spans that are to be sent, as they were written down: whoever hands them to another thread need not read them here. */
export class SpanBatch implements ExportBatch<SpanData> {
  readonly pieces: readonly Uint8Array[];
  /** What the pieces name by number. */
  readonly strings: StringTable;
  readonly resource: ExportResource;
  #items: readonly SpanData[] | undefined;

  constructor(pieces: readonly Uint8Array[], strings: StringTable, resource: ExportResource) {
    this.pieces = pieces;
    this.strings = strings;
    this.resource = resource;
  }

  get items(): readonly SpanData[] {
    return (this.#items ??= decodeSpans(this.pieces, this.strings));
  }
}

/** Takes spans from number `from` on, at most `most`, out of the log. */
export function takeSpans(log: SpanLog, resource: ExportResource, from: number, most: number): PumpBatch<SpanBatch> {
  const { pieces, next, missed } = log.main.copy(from, most);
  return { batch: new SpanBatch(pieces, log.encoder.strings, resource), count: next - from - missed, next, missed };
}
