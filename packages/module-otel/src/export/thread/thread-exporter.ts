import { Worker } from 'node:worker_threads';
import { isThreadEntry } from '@motia/engine-core';
import { messageOf, MotiaError, type Clock } from '@motia/engine-core/contract';
import { otelErrors } from '../../errors.js';
import type { LogData } from '../../logs/log-data.js';
import type { SpanData } from '../../record/span-data.js';
import type { ExportBatch, ExportOutcome, TelemetryExporter } from '../exporter-slot.js';
import { withoutPassword } from '../otlp-endpoint.js';
import type { OtlpOptions } from '../otlp-options.js';
import { SpanBatch } from '../span-batch.js';
import type { FromExporter, MetricsBatch, SentBatch, ToExporter } from './messages.js';

/** Beside this file once it is built; absent in sources and in bundles that take everything into one file. */
const entry = new URL('./export-thread.js', import.meta.url);
/** How long the thread has to close its connections. */
const closeMs = 1_000;

/** Whether there is a file to start the thread with. */
export function canStartThread(): boolean {
  return isThreadEntry(entry);
}

/** A batch that was handed over and not answered. */
interface Sending {
  readonly resolve: (outcome: ExportOutcome) => void;
  readonly reject: (error: MotiaError) => void;
}

/**
 * Has a thread send what is exported: reading records, writing them as OTLP, packing and encrypting take the event loop of the engine nothing.
 * When the thread dies, what it was sending fails as if the receiver had been gone, and the next batch starts another.
 */
export class ThreadExporter implements TelemetryExporter {
  readonly destination: string;
  readonly #options: OtlpOptions;
  readonly #clock: Clock;
  readonly #sending = new Map<number, Sending>();
  #thread: ExportThread;
  #nextId = 0;

  /** Resolves when the thread is ready to send. @throws what keeps it from that for good, `MOTIA_OTEL_GRPC_MISSING` */
  static async start(options: OtlpOptions, clock: Clock): Promise<ThreadExporter> {
    const exporter = new ThreadExporter(options, clock);
    const { opened, worker } = exporter.#thread;
    await opened;
    worker.unref();
    return exporter;
  }

  private constructor(options: OtlpOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.destination = withoutPassword(options.endpoint);
    this.#thread = this.#startThread();
  }

  traces(batch: ExportBatch<SpanData>, signal: AbortSignal): Promise<ExportOutcome> {
    if (!(batch instanceof SpanBatch)) return this.#send({ signal: 'traces', batch: { items: batch.items, resource: batch.resource } }, signal);
    const { pieces, strings, resource } = batch;
    const thread = this.#living();
    const first = thread.knownTexts;
    const texts = strings.since(first);
    thread.knownTexts = first + texts.length;
    return this.#send({ signal: 'records', batch: { pieces, resource, strings: { first, texts } } }, signal);
  }

  logs({ items, resource }: ExportBatch<LogData>, signal: AbortSignal): Promise<ExportOutcome> {
    return this.#send({ signal: 'logs', batch: { items, resource } }, signal);
  }

  metrics({ items, resource, startMs, timeMs }: MetricsBatch, signal: AbortSignal): Promise<ExportOutcome> {
    return this.#send({ signal: 'metrics', batch: { items, resource, startMs, timeMs } }, signal);
  }

  async stop(): Promise<void> {
    const { worker, exited } = this.#thread;
    if (this.#thread.hasExited) return;
    worker.ref();
    const timer = this.#clock.setTimeout(() => void worker.terminate(), closeMs);
    post(worker, { type: 'close' });
    await exited;
    this.#clock.clear(timer);
  }

  #send(sent: SentBatch, signal: AbortSignal): Promise<ExportOutcome> {
    const { worker } = this.#living();
    const id = this.#nextId++;
    return new Promise<ExportOutcome>((resolve, reject) => {
      const settled = (): void => {
        signal.removeEventListener('abort', onAbort);
        this.#sending.delete(id);
        if (this.#sending.size === 0) worker.unref();
      };
      // A thread that hangs must not hold up whoever waits.
      const onAbort = (): void => {
        settled();
        post(worker, { type: 'cancel', id });
        reject(this.#failure('it did not answer in time'));
      };
      this.#sending.set(id, {
        resolve: (outcome) => (settled(), resolve(outcome)),
        reject: (error) => (settled(), reject(error)),
      });
      signal.addEventListener('abort', onAbort, { once: true });
      worker.ref();
      try {
        post(worker, { type: 'send', id, ...sent });
      } catch (error) {
        settled();
        reject(otelErrors.EXPORT_FAILED({ endpoint: this.destination, reason: messageOf(error), isRetryable: false }, error));
      }
    });
  }

  #living(): ExportThread {
    if (this.#thread.hasExited) this.#thread = this.#startThread();
    return this.#thread;
  }

  #startThread(): ExportThread {
    return new ExportThread(this.#options, {
      answered: (message) => {
        const sending = this.#sending.get(message.id);
        if (message.type === 'sent') sending?.resolve(message.outcome);
        else sending?.reject(new MotiaError(message.error));
      },
      ended: (reason) => {
        for (const sending of [...this.#sending.values()]) sending.reject(this.#failure(`the thread that sends ended: ${reason}`));
      },
    });
  }

  #failure(reason: string): MotiaError {
    return otelErrors.EXPORT_FAILED({ endpoint: this.destination, reason, isRetryable: true });
  }
}

interface ThreadEvents {
  readonly answered: (message: Extract<FromExporter, { readonly id: number }>) => void;
  readonly ended: (reason: string) => void;
}

/** One life of the thread. */
class ExportThread {
  readonly worker: Worker;
  /** Texts of the table of spans that it has been told. */
  knownTexts = 0;
  hasExited = false;
  readonly opened: Promise<void>;
  readonly exited: Promise<void>;

  constructor(otlp: OtlpOptions, events: ThreadEvents) {
    // Without the flags of the program: `--input-type` beside `--eval` would keep a thread from starting.
    this.worker = new Worker(entry, { workerData: { otlp }, name: 'motia-otlp', execArgv: [] });
    let reason = 'it ended without being told to';
    this.worker.on('error', (error: unknown) => (reason = messageOf(error)));
    this.worker.on('messageerror', (error) => (reason = messageOf(error)));
    this.opened = new Promise((resolve, reject) => {
      this.worker.on('message', (message: FromExporter) => {
        if (message.type === 'ready') resolve();
        else if (message.type === 'refused') reject(new MotiaError(message.error));
        else events.answered(message);
      });
      this.worker.once('exit', () => reject(new Error(reason)));
    });
    // Only its first starter waits for this.
    this.opened.catch(() => undefined);
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', () => {
        this.hasExited = true;
        events.ended(reason);
        resolve();
      });
    });
  }
}

function post(worker: Worker, message: ToExporter): void {
  worker.postMessage(message);
}
