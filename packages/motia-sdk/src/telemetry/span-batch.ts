import type { SpanAttributes, SpanData } from './span-data.js';
import { nowMs } from './span-data.js';
import { spanSize } from './span-size.js';
import { counterRequest, tracesRequest, type OtlpRequest } from './otlp-json.js';

/** Where a batch goes. Never waits. */
export interface TelemetryPort {
  emit(signal: 'traces' | 'metrics', otlp: OtlpRequest): void;
  /** Bytes that wait to be written. */
  readonly bufferedBytes: number;
  /** Runs a function after so many milliseconds, without keeping the process alive; gives the way to call it off. */
  later(run: () => void, delayMs: number): () => void;
}

/** Spans that wait, and what they take. Beyond this they are dropped and counted. */
export const mostSpans = 2048;
export const mostWaitingSize = 4 * 1024 * 1024;
const batchSpans = 512;
const batchSizeLimit = 1024 * 1024;
const longestWaitMs = 200;
/** While this much waits to be written, spans are dropped: calls and answers go first. */
const mostBufferedBytes = 4 * 1024 * 1024;

/** Collects ended spans and sends them together: nothing of it is on the path of a request. */
export class SpanBatch {
  /** Since the process connected. */
  droppedTotal = 0;
  readonly #port: TelemetryPort;
  readonly #resource: SpanAttributes;
  readonly #scope: { readonly name: string; readonly version: string };
  #spans: SpanData[] = [];
  #size = 0;
  #dropped = 0;
  #droppedSinceMs = nowMs();
  #callOff: (() => void) | undefined;
  #isClosed = false;

  constructor(port: TelemetryPort, resource: SpanAttributes, scope: { readonly name: string; readonly version: string }) {
    this.#port = port;
    this.#resource = resource;
    this.#scope = scope;
  }

  add(span: SpanData): void {
    if (this.#isClosed) return;
    const size = spanSize(span);
    if (this.#spans.length >= mostSpans || this.#size + size > mostWaitingSize || this.#port.bufferedBytes > mostBufferedBytes) {
      this.#dropped += 1;
      this.droppedTotal += 1;
    } else {
      this.#spans.push(span);
      this.#size += size;
      if (this.#spans.length === batchSpans) setImmediate(() => this.flush());
    }
    this.#callOff ??= this.#port.later(() => this.flush(), longestWaitMs);
  }

  /** Sends what waits. Never throws. */
  flush(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    if (this.#isClosed) return;
    const spans = this.#spans;
    this.#spans = [];
    this.#size = 0;
    try {
      for (const batch of inBatches(spans)) this.#port.emit('traces', tracesRequest(this.#resource, this.#scope, batch));
      if (this.#dropped > 0) this.#tellDropped();
    } catch {
      this.#dropped += spans.length;
      this.droppedTotal += spans.length;
    }
  }

  close(): void {
    this.flush();
    this.#isClosed = true;
  }

  #tellDropped(): void {
    const atMs = nowMs();
    const counter = { name: 'iii.sdk.spans.dropped', unit: '{span}', value: this.#dropped, sinceMs: this.#droppedSinceMs, atMs };
    this.#port.emit('metrics', counterRequest(this.#resource, this.#scope, counter));
    this.#dropped = 0;
    this.#droppedSinceMs = atMs;
  }
}

function* inBatches(spans: readonly SpanData[]): Generator<readonly SpanData[]> {
  let batch: SpanData[] = [];
  let size = 0;
  for (const span of spans) {
    const own = spanSize(span);
    if (batch.length === batchSpans || (batch.length > 0 && size + own > batchSizeLimit)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(span);
    size += own;
  }
  if (batch.length > 0) yield batch;
}
