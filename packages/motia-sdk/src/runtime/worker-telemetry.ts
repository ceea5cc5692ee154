import type { Endpoint, LogEntry } from '@motia/protocol';
import { SpanBatch } from '../telemetry/span-batch.js';
import type { SpanAttributes, SpanData } from '../telemetry/span-data.js';
import { VERSION } from '../version.js';
import { LogBatch } from './log-batch.js';

/** Log entries and spans on their way to the engine: in batches, bounded, never on the path of a request. */
export class WorkerTelemetry {
  readonly #logs: LogBatch;
  readonly #spans: SpanBatch;

  constructor(endpoint: Endpoint, resource: SpanAttributes) {
    this.#logs = new LogBatch(endpoint);
    this.#spans = new SpanBatch(
      {
        emit: (signal, otlp) => endpoint.notify('telemetry/emit', { signal, otlp }),
        get bufferedBytes() {
          return endpoint.bufferedBytes;
        },
        later: (run, delayMs) => {
          const timer = setTimeout(run, delayMs).unref();
          return () => clearTimeout(timer);
        },
      },
      resource,
      { name: 'motia', version: VERSION },
    );
  }

  log(entry: LogEntry): void {
    this.#logs.add(entry);
  }
  recordSpan(span: SpanData): void {
    this.#spans.add(span);
  }
  flush(): void {
    this.#logs.flush();
    this.#spans.flush();
  }
  close(): void {
    this.#logs.close();
    this.#spans.close();
  }
}
