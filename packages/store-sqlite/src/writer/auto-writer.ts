import { messageOf, type Logger, type MotiaError, type StoreProgram } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { NotImportable } from '../thread/import-program.js';
import { whyNotImportable } from '../thread/resolve-program.js';
import type { StoreWriter } from './store-writer.js';
import type { Unit } from './unit.js';

export interface AutoWriterParts {
  /** The writer in a thread, started by the first program. @throws when no thread can be had */
  readonly startThread: () => Promise<StoreWriter>;
  /** The writer on this thread, with a connection of its own. */
  readonly openInline: () => StoreWriter;
  /** `thread`: nothing else will do. */
  readonly mode: 'auto' | 'thread';
  readonly logger: Logger;
}

/**
 * Writes in a thread as long as every program can be had there, and on the engine's thread otherwise. The change from the
 * one to the other loses nothing: what the thread has is committed first, and what comes meanwhile waits.
 */
export class AutoWriter implements StoreWriter {
  readonly #parts: AutoWriterParts;
  readonly #programs: StoreProgram[] = [];
  #writer: StoreWriter | undefined;
  #isInline = false;
  /** While there is no writer: before the first program, and during the change. */
  readonly #held: Unit[] = [];
  #isSyncing = false;
  /** Programs are opened one after the other. */
  #opening: Promise<unknown> = Promise.resolve();

  constructor(parts: AutoWriterParts) {
    this.#parts = parts;
  }

  get isBeside(): boolean {
    return this.#writer?.isBeside === true;
  }

  open(program: StoreProgram): Promise<void> {
    const opened = this.#opening.then(() => this.#open(program));
    this.#opening = opened.catch(() => undefined);
    return opened;
  }

  write(units: readonly Unit[], goesOn?: boolean): void {
    if (this.#writer === undefined) for (const unit of units) this.#held.push(unit);
    else this.#writer.write(units, goesOn);
  }

  syncEveryCommit(): void {
    this.#isSyncing = true;
    this.#writer?.syncEveryCommit();
  }

  lookForForeignCommits(): void {
    this.#writer?.lookForForeignCommits();
  }

  async close(): Promise<void> {
    await this.#opening;
    await this.#writer?.close();
    this.#refuseHeld(storeErrors.CLOSED({}));
  }

  async #open(program: StoreProgram): Promise<void> {
    if (!this.#isInline) {
      try {
        await this.#openInThread(program);
        return;
      } catch (error) {
        if (!(error instanceof NotImportable)) throw error;
        await this.#goInline(error.message);
      }
    }
    await this.#writer?.open(program);
    this.#programs.push(program);
  }

  async #openInThread(program: StoreProgram): Promise<void> {
    const reason = whyNotImportable(program.source);
    if (reason !== undefined) throw new NotImportable(reason);
    if (this.#writer === undefined) this.#use(await this.#parts.startThread());
    await this.#writer?.open(program);
    this.#programs.push(program);
  }

  async #goInline(reason: string): Promise<void> {
    const { mode, logger, openInline } = this.#parts;
    if (mode === 'thread') throw storeErrors.WRITER_UNAVAILABLE({ reason });
    logger.debug('The store is written on the thread of the engine', { reason });
    const thread = this.#writer;
    this.#writer = undefined;
    await thread?.close();
    try {
      const inline = openInline();
      for (const program of this.#programs) await inline.open(program);
      this.#isInline = true;
      this.#use(inline);
    } catch (error) {
      this.#refuseHeld(storeErrors.IO_FAILED({ reason: messageOf(error) }, error));
      throw error;
    }
  }

  #use(writer: StoreWriter): void {
    this.#writer = writer;
    if (this.#isSyncing) writer.syncEveryCommit();
    if (this.#held.length > 0) writer.write(this.#held.splice(0));
  }

  #refuseHeld(error: MotiaError): void {
    for (const unit of this.#held.splice(0)) unit.settle({ error });
  }
}
