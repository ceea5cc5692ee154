import { Worker } from 'node:worker_threads';
import { isThreadEntry } from '@motia/engine-core';
import { messageOf, type MotiaError, type StoreProgram } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import type { StoreWriter, WriterEvents } from '../writer/store-writer.js';
import type { Unit } from '../writer/unit.js';
import { NotImportable } from './import-program.js';
import type { FromThread, OpenProblem, ThreadData, ToThread } from './messages.js';
import { packCommands } from './packed-commands.js';
import { unpackOutcomes } from './packed-outcomes.js';
import { receiveError } from './sent-error.js';

/** Beside this file once it is built; absent in sources and in bundles that take everything into one file. */
const entry = new URL('./writer-thread.js', import.meta.url);

/** Whether there is a file to start the thread with. */
export function canStartThread(): boolean {
  return isThreadEntry(entry);
}

/** Writes in a thread of its own, so that a commit keeps nobody waiting but those who wait for it. */
export class ThreadWriter implements StoreWriter {
  readonly isBeside = true;
  readonly #worker: Worker;
  readonly #events: WriterEvents;
  /** Handed over and not answered, in order. */
  readonly #units: Unit[] = [];
  readonly #opening = new Map<number, (problem: OpenProblem | undefined) => void>();
  #nextOpenId = 0;
  #loss: MotiaError | undefined;
  #hasEnded = false;
  #isClosing = false;
  #isKeptAlive = true;
  readonly #ended: Promise<void>;

  /** Resolves when the thread has opened the database. @throws what kept it from that */
  static async start(data: ThreadData, events: WriterEvents): Promise<ThreadWriter> {
    // Without the flags of the program: `--input-type` beside `--eval` would keep a thread from starting.
    const worker = new Worker(entry, { workerData: { store: data }, name: 'motia-store', execArgv: [] });
    let ended: (error: unknown) => void = () => undefined;
    const onExit = (code: number): void => ended(new Error(`the thread ended with ${code}`));
    try {
      await new Promise<void>((resolve, reject) => {
        ended = reject;
        worker.once('error', ended);
        worker.once('exit', onExit);
        worker.once('message', () => resolve());
      });
    } finally {
      worker.off('error', ended);
      worker.off('exit', onExit);
    }
    return new ThreadWriter(worker, events);
  }

  private constructor(worker: Worker, events: WriterEvents) {
    this.#worker = worker;
    this.#events = events;
    this.#keepAlive();
    let reason = 'it ended without being told to';
    worker.on('message', (message: FromThread) => this.#take(message));
    worker.on('error', (error) => (reason = error.message));
    worker.on('messageerror', (error) => (reason = error.message));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#hasEnded = true;
        if (!this.#isClosing || this.#units.length > 0) this.#lose(reason);
        this.#failOpening(this.#loss ?? storeErrors.CLOSED({}));
        resolve();
      });
    });
  }

  /** @throws NotImportable when no thread can have the program, and as `StoreWriter.open` */
  async open({ name, source, commands, migrations }: StoreProgram): Promise<void> {
    const id = this.#nextOpenId++;
    const problem = await new Promise<OpenProblem | undefined>((resolve) => {
      this.#opening.set(id, resolve);
      if (this.#loss !== undefined) return this.#failOpening(this.#loss);
      this.#keepAlive();
      this.#send({ type: 'open', id, program: { name, source, commands: Object.keys(commands), migrations: migrations.length } });
    });
    if (problem === undefined) return;
    if ('notImportable' in problem) throw new NotImportable(problem.notImportable);
    throw receiveError(problem.error);
  }

  write(units: readonly Unit[], goesOn = false): void {
    const { length } = this.#units;
    for (const unit of units) this.#units.push(unit);
    if (this.#loss !== undefined) return this.#settleAll(this.#loss);
    this.#keepAlive();
    try {
      this.#send({ type: 'write', commands: packCommands(units), goesOn });
    } catch {
      this.#units.length = length;
      this.#writeOneByOne(units, goesOn);
    }
  }

  /** Only inputs that cannot be cloned fail; the order of the others stays. */
  #writeOneByOne(units: readonly Unit[], goesOn: boolean): void {
    for (const unit of units) {
      try {
        this.#send({ type: 'write', commands: packCommands([unit]), goesOn: goesOn || unit !== units.at(-1) });
        this.#units.push(unit);
      } catch (error) {
        const reason = messageOf(error);
        unit.settle({ error: storeErrors.VALUE_INVALID({ problem: `it cannot be sent to the writer's thread: ${reason}` }, error), failedAt: 0 });
      }
    }
    this.#keepAlive();
  }

  syncEveryCommit(): void {
    this.#send({ type: 'sync' });
  }

  lookForForeignCommits(): void {
    if (this.#loss === undefined) this.#send({ type: 'look' });
  }

  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      this.#keepAlive();
      if (!this.#hasEnded) this.#send({ type: 'close' });
    }
    await this.#ended;
  }

  /** A store that waits for work keeps no program alive; one that has some does. */
  #keepAlive(): void {
    const isBusy = this.#isClosing || this.#units.length > 0 || this.#opening.size > 0;
    if (isBusy === this.#isKeptAlive) return;
    this.#isKeptAlive = isBusy;
    if (isBusy) this.#worker.ref();
    else this.#worker.unref();
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromThread): void {
    switch (message.type) {
      case 'done': {
        const { outcomes, report, failure } = message;
        const units = this.#units.splice(0, outcomes.units);
        this.#keepAlive();
        this.#events.committed(failure === undefined ? report : { ...report, failure: receiveError(failure) });
        for (const [at, outcome] of unpackOutcomes(units, outcomes).entries()) units[at]?.settle(outcome);
        return;
      }
      case 'opened':
        this.#opening.get(message.id)?.(message.problem);
        this.#opening.delete(message.id);
        this.#keepAlive();
        return;
      case 'foreignCommit':
        return this.#events.foreignCommit();
      case 'ready':
      case 'closed':
        return;
    }
  }

  #lose(reason: string): void {
    if (this.#loss !== undefined) return;
    const error = storeErrors.WRITER_LOST({ reason });
    this.#loss = error;
    this.#settleAll(error);
    this.#failOpening(error);
    this.#events.lost(error);
  }

  #settleAll(error: MotiaError): void {
    for (const unit of this.#units.splice(0)) unit.settle({ error });
  }

  #failOpening(error: MotiaError): void {
    for (const settle of this.#opening.values()) settle({ error: { ...error.toWire() } });
    this.#opening.clear();
  }
}
