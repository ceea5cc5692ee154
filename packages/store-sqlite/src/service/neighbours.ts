import type { Registration } from '@motia/engine-core/contract';
import type { EngineName } from '../store-program.js';

export interface NeighboursParts {
  readonly own: EngineName;
  /** Engines that have not left, as far as is written down; this one may be among them. */
  readonly living: () => readonly EngineName[];
  /** An engine by id or token, if it has not left as far as is written down. */
  readonly find: (engine: string | number) => EngineName | undefined;
  /** Whether the process of an engine is there. */
  readonly isPresent: (engineId: string) => boolean;
  /** Writes down that engines are gone. */
  readonly bury: (engines: readonly EngineName[]) => void;
}

/**
 * The other engines on a store. Whether one is gone is no guess: it holds a lock that the system takes back with its process.
 * One that merely stands still is not gone.
 */
export class Neighbours {
  readonly #parts: NeighboursParts;
  readonly #listeners = new Set<() => void>();
  #known = new Map<number, EngineName>();

  constructor(parts: NeighboursParts) {
    this.#parts = parts;
  }

  isGone(engine: string | number): boolean {
    const { own, find, isPresent } = this.#parts;
    if (engine === own.engineId || engine === own.fencingToken) return false;
    const found = find(engine);
    return found === undefined || !isPresent(found.engineId);
  }

  /** Looks who has gone since the last look, and tells. */
  look(): void {
    const { own, living, isPresent, bury } = this.#parts;
    const present = new Map<number, EngineName>();
    const dead: EngineName[] = [];
    for (const engine of living()) {
      if (engine.fencingToken === own.fencingToken) continue;
      if (isPresent(engine.engineId)) present.set(engine.fencingToken, engine);
      else dead.push(engine);
    }
    if (dead.length > 0) bury(dead);
    const hasLost = dead.length > 0 || [...this.#known.keys()].some((token) => !present.has(token));
    this.#known = present;
    if (hasLost) for (const listener of [...this.#listeners]) listener();
  }

  onGone(listener: () => void): Registration {
    const entry = (): void => listener();
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  }
}
