import { messageOf, type Logger, type Registration, type StoreHandle, type StoreService } from '@motia/engine-core/contract';
import type { storeProgram } from '../program/stream-program.js';
import { pageRows, type LogRow } from '../program/queries.js';
import type { StreamEvent } from '../stream-event.js';
import type { StreamListener } from '../stream-store.js';

type Handle = Pick<StoreHandle<typeof storeProgram>, 'query'>;

/** Text of the events that are handed out at once, so that a slow reader is noticed in between. */
const batchChars = 524_288;

/**
 * Reads the log as it grows, whoever writes it: this engine, or another one on the same store. Reading happens at most
 * once per turn of the event loop, so what was committed together is handed out together. Nothing is read while nobody
 * listens.
 */
export class LogFeed {
  readonly #store: Pick<StoreService, 'onForeignCommit'>;
  readonly #handle: Handle;
  readonly #epoch: string;
  readonly #logger: Logger;
  #listener: StreamListener | undefined;
  #foreign: Registration | undefined;
  #position = 0;
  #isScheduled = false;

  constructor(parts: { readonly store: Pick<StoreService, 'onForeignCommit'>; readonly handle: Handle; readonly epoch: string; readonly logger: Logger }) {
    this.#store = parts.store;
    this.#handle = parts.handle;
    this.#epoch = parts.epoch;
    this.#logger = parts.logger;
  }

  listen(listener: StreamListener): Registration {
    this.#position = this.#handle.query('logEnd', undefined);
    this.#listener = listener;
    this.#foreign = this.#store.onForeignCommit(() => this.wake());
    return {
      dispose: () => {
        if (this.#listener !== listener) return;
        this.#listener = undefined;
        this.#foreign?.dispose();
      },
    };
  }

  /** Something may have been committed. */
  wake(): void {
    if (this.#isScheduled || this.#listener === undefined) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.read();
    });
  }

  /** Hands out what is committed, up to a page; the rest in later turns. */
  read(): void {
    if (this.#listener === undefined) return;
    let page: { readonly rows: readonly LogRow[]; readonly upTo: number };
    try {
      page = this.#handle.query('logAfter', { position: this.#position });
    } catch (error) {
      // The store is closing, or cannot be read for the moment: the next commit tries again.
      this.#logger.debug('The log of streams could not be read', { reason: messageOf(error) });
      return;
    }
    const { rows, upTo } = page;
    let batch: StreamEvent[] = [];
    let chars = 0;
    const handOut = (): void => {
      if (batch.length > 0) this.#listener?.events(batch);
      batch = [];
      chars = 0;
    };
    for (const row of rows) {
      if (row.position !== this.#position + 1) {
        handOut();
        this.#missed(row.position - 1);
      }
      this.#position = row.position;
      batch.push(toEvent(row, this.#epoch));
      chars += row.value.length;
      if (chars >= batchChars) handOut();
    }
    handOut();
    if (upTo > this.#position) this.#missed(upTo);
    if (rows.length === pageRows) this.wake();
  }

  /** Everything up to a position was taken away unread. */
  #missed(upTo: number): void {
    this.#logger.warn('Changes of streams were taken out of the log before they could be sent; followers get everything anew', { changes: upTo - this.#position });
    this.#position = upTo;
    this.#listener?.missed();
  }

  /** Something that went past the log, in the place that it has among what is in it. */
  pass(event: StreamEvent): void {
    this.read();
    this.#listener?.events([event]);
  }
}

export function toEvent(row: LogRow, epoch: string): StreamEvent {
  const { stream, group, value: json, timestamp, seq, traceId } = row;
  const traced = traceId === null ? {} : { traceId };
  if (seq === null) return { kind: 'message', stream, group, type: row.type, json, timestamp, ...(row.item === null ? {} : { item: row.item }), ...traced };
  const prevSeq = seq - 1 === row.born ? 0 : seq - 1;
  return { kind: 'change', stream, group, item: row.item ?? '', type: row.type as 'create' | 'update' | 'delete', seq, prevSeq, epoch, timestamp, json, ...traced };
}
