import type { StoreMemory } from '@motia/engine-core/contract';
import { RecentRows } from '../rows/recent-rows.js';

/** What a program may remember. */
const memoryBytes = 8 * 1_048_576;

const forgetful: StoreMemory = { get: () => undefined, set: () => undefined, delete: () => undefined };

/** What programs remember of rows, in the thread of the connection that writes them. */
export class ProgramMemories {
  readonly #isForgetful: boolean;
  readonly #byProgram = new Map<string, RecentRows<unknown>>();

  constructor({ isForgetful }: { readonly isForgetful: boolean }) {
    this.#isForgetful = isForgetful;
  }

  of(program: string): StoreMemory {
    if (this.#isForgetful) return forgetful;
    const known = this.#byProgram.get(program);
    if (known !== undefined) return known;
    const added = new RecentRows<unknown>(memoryBytes);
    this.#byProgram.set(program, added);
    return added;
  }

  /** Changes were undone: nobody knows which of them were remembered. */
  clear(): void {
    for (const memory of this.#byProgram.values()) memory.clear();
  }
}
