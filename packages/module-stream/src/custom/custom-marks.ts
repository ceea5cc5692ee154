import { messageOf, type Clock, type FunctionRegistry, type Logger, type Registration } from '@motia/engine-core/contract';
import { streamErrors } from '../errors.js';
import type { StreamStore } from '../stream-store.js';
import { customFunctionId, parseCustomFunctionId, type CustomMark } from './custom-function.js';

/** Operations that may wait for their functions at a time. */
const mostWaiting = 1_024;

export interface CustomMarksParts {
  readonly functions: Pick<FunctionRegistry, 'has' | 'list' | 'onChanged'>;
  readonly store: Pick<StreamStore, 'customMarks' | 'markCustom' | 'clearCustom' | 'onCustomMarks' | 'groups'>;
  readonly clock: Pick<Clock, 'setTimeout' | 'clear'>;
  readonly logger: Logger;
}

/**
 * Which operations of which streams workers have taken over: once taken over they stay so, written down in the store, whether the worker is there or
 * not. Else what is stored while it is away would lie where nobody looks for it.
 */
export class CustomMarks {
  readonly #parts: CustomMarksParts;
  /** By function id; those that are being written included. */
  readonly #known = new Map<string, CustomMark>();
  readonly #writing = new Map<string, Promise<void>>();
  /** How to look whether the function is there, and how to give up. */
  readonly #waiting = new Map<() => void, () => void>();
  readonly #registrations: Registration[] = [];

  constructor(parts: CustomMarksParts) {
    this.#parts = parts;
  }

  /** The store is open. */
  async start(): Promise<void> {
    const { functions, store } = this.#parts;
    this.#registrations.push(functions.onChanged(() => this.#look()), store.onCustomMarks(() => void this.#read()));
    await this.#read();
    this.#look();
  }

  stop(): void {
    for (const registration of this.#registrations.splice(0)) registration.dispose();
    for (const fail of [...this.#waiting.values()]) fail();
    this.#known.clear();
  }

  has(mark: CustomMark): boolean {
    const functionId = customFunctionId(mark);
    return this.#known.has(functionId) || this.#parts.functions.has(functionId);
  }

  /**
   * Resolves once it is written down and its function is there.
   * @throws `MOTIA_STREAM_CUSTOM_STORAGE_UNAVAILABLE` when it is not there within `waitMs`, and what keeps the store from writing it down
   */
  async ready(mark: CustomMark, waitMs: number): Promise<void> {
    const functionId = customFunctionId(mark);
    if (!this.#parts.functions.has(functionId)) await this.#awaitFunction(mark, functionId, waitMs);
    await this.#note(mark);
  }

  /** The engine keeps the stream itself from now on. Answers what had been taken over. @throws `MOTIA_STREAM_CUSTOM_STORAGE_IN_USE` */
  async reset(stream: string): Promise<readonly string[]> {
    const { functions, store } = this.#parts;
    const marks = [...this.#known.values()].filter((mark) => mark.stream === stream);
    const functionIds = marks.map(customFunctionId).filter((functionId) => functions.has(functionId));
    if (functionIds.length > 0) throw streamErrors.CUSTOM_STORAGE_IN_USE({ stream, functionIds });
    await store.clearCustom(stream);
    for (const mark of marks) this.#known.delete(customFunctionId(mark));
    return marks.map(({ operation }) => operation);
  }

  /** Other engines on the store may have marked some, or given some back. */
  async #read(): Promise<void> {
    const { store, logger } = this.#parts;
    try {
      const marks = await store.customMarks();
      for (const functionId of this.#known.keys()) if (!this.#writing.has(functionId)) this.#known.delete(functionId);
      for (const mark of marks) this.#known.set(customFunctionId(mark), mark);
      this.#look();
    } catch (error) {
      logger.warn('Which streams are kept by workers could not be read', { reason: messageOf(error) });
    }
  }

  #look(): void {
    for (const { id } of this.#parts.functions.list()) {
      const mark = this.#known.has(id) ? undefined : parseCustomFunctionId(id);
      // Whoever uses it meets what is wrong.
      if (mark !== undefined) this.#note(mark).catch((error: unknown) => this.#parts.logger.error('That a worker keeps a stream could not be written down', { stream: mark.stream, functionId: id, reason: messageOf(error) }));
    }
    for (const look of [...this.#waiting.keys()]) look();
  }

  #note(mark: CustomMark): Promise<void> {
    const functionId = customFunctionId(mark);
    const writing = this.#writing.get(functionId);
    if (writing !== undefined) return writing;
    if (this.#known.has(functionId)) return Promise.resolve();
    this.#known.set(functionId, mark);
    const written = this.#parts.store.markCustom(mark).then(
      () => void this.#writing.delete(functionId),
      (error: unknown) => {
        this.#writing.delete(functionId);
        this.#known.delete(functionId);
        throw error;
      },
    );
    this.#writing.set(functionId, written);
    if (mark.operation === 'set') void this.#warnOfItems(mark.stream);
    return written;
  }

  async #warnOfItems(stream: string): Promise<void> {
    const { store, logger } = this.#parts;
    const { groups } = await store.groups({ stream, limit: 1 }).catch(() => ({ groups: [] }));
    if (groups.length > 0) logger.warn('A worker keeps a stream from now on of which the engine has items: nobody sees them any more', { stream, hint: 'Copy them with a worker that reads them before it registers `stream::…` functions for the stream.' });
  }

  #awaitFunction({ stream }: CustomMark, functionId: string, waitMs: number): Promise<void> {
    const { clock, functions } = this.#parts;
    return new Promise((resolve, reject) => {
      const fail = (): void => {
        clock.clear(timer);
        this.#waiting.delete(look);
        reject(streamErrors.CUSTOM_STORAGE_UNAVAILABLE({ stream, functionId }));
      };
      const look = (): void => {
        if (!functions.has(functionId)) return;
        clock.clear(timer);
        this.#waiting.delete(look);
        resolve();
      };
      if (waitMs <= 0 || this.#waiting.size >= mostWaiting) return reject(streamErrors.CUSTOM_STORAGE_UNAVAILABLE({ stream, functionId }));
      const timer = clock.setTimeout(fail, waitMs);
      this.#waiting.set(look, fail);
    });
  }
}
