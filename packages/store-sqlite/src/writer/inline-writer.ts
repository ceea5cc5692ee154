import type { StoreProgram } from '@motia/engine-core/contract';
import type { BatchRunner } from './batch-runner.js';
import type { StoreWriter, WriterEvents } from './store-writer.js';
import type { Unit } from './unit.js';

/** Writes on the engine's own thread, one batch per turn of its event loop. */
export class InlineWriter implements StoreWriter {
  readonly isBeside = false;
  readonly #runner: BatchRunner;
  readonly #events: Pick<WriterEvents, 'committed' | 'foreignCommit'>;
  readonly #queue: Unit[] = [];
  #isScheduled = false;

  constructor(runner: BatchRunner, events: Pick<WriterEvents, 'committed' | 'foreignCommit'>) {
    this.#runner = runner;
    this.#events = events;
  }

  async open(program: StoreProgram): Promise<void> {
    this.#runner.open(program);
  }

  write(units: readonly Unit[]): void {
    for (const unit of units) this.#queue.push(unit);
    if (!this.#isScheduled) this.#runBatch();
  }

  syncEveryCommit(): void {
    this.#runner.syncEveryCommit();
  }

  lookForForeignCommits(): void {
    if (this.#runner.hasForeignCommits()) this.#events.foreignCommit();
  }

  async close(): Promise<void> {
    while (this.#queue.length > 0) this.#runBatch();
    this.#runner.close();
  }

  #runBatch(): void {
    if (this.#queue.length === 0) return;
    const { units, outcomes, report } = this.#runner.run(this.#queue);
    this.#events.committed(report);
    for (const [at, outcome] of outcomes.entries()) units[at]?.settle(outcome);
    if (this.#queue.length === 0) return;
    // What is left waits a turn, so that a flood of changes does not keep everything else waiting.
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#runBatch();
    });
  }
}
