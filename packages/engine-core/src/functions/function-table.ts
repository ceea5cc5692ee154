import type { FunctionSpec, MotiaError } from '@motia/protocol';
import type { FunctionHandler, FunctionInfo, Registration } from '../contract/functions.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import { nearestNames } from '../options/nearest.js';
import type { FunctionHolder, HeldFunction } from './call-runner.js';
import { FunctionEntry } from './function-entry.js';
import { Listeners } from './listeners.js';

/** Prefix of the engine's own functions: hidden from lists, closed to workers. */
export const internalPrefix = 'engine::';
/** Ids compared for "did you mean": more would make a wrong id expensive. */
const comparedNames = 2000;

/** Who serves which function. Knows nothing of calls but where they are kept. */
export class FunctionTable {
  readonly #entries = new Map<string, FunctionEntry>();
  readonly #changed = new Listeners<void>();
  /** Told when a worker becomes ready for an entry where calls wait, and when an entry with waiting calls is forgotten. */
  onServed: (entry: FunctionEntry) => void = () => undefined;

  find(functionId: string): FunctionEntry | undefined {
    return this.#entries.get(functionId);
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<FunctionEntry> {
    return this.#entries.values();
  }

  /** @throws `MOTIA_ENGINE_FUNCTION_CONFLICT` */
  addHandler(spec: FunctionSpec, owner: string, handler: FunctionHandler): Registration {
    const taken = this.#entries.get(spec.id);
    if (taken !== undefined) throw invocationErrors.FUNCTION_CONFLICT({ functionId: spec.id, owner: taken.owner });
    const entry = new FunctionEntry(spec, owner, handler);
    this.#entries.set(spec.id, entry);
    this.#changed.announce();
    return {
      dispose: () => {
        if (this.#entries.get(spec.id) !== entry) return;
        this.#entries.delete(spec.id);
        this.#changed.announce();
      },
    };
  }

  /** Why a worker may not serve this id: it runs inside the engine. */
  conflictFor(functionId: string): MotiaError | undefined {
    const entry = this.#entries.get(functionId);
    return entry?.handler === undefined ? undefined : invocationErrors.FUNCTION_CONFLICT({ functionId, owner: entry.owner });
  }

  /**
   * Makes a worker one of the servers of a function, joining those of other workers. Waiting calls are handed out by
   * the `onServed` of a later {@link FunctionTable.announceServed}, once a whole swap is done.
   */
  serve(held: HeldFunction): MotiaError | undefined {
    const conflict = this.conflictFor(held.spec.id);
    if (conflict !== undefined) return conflict;
    this.#entryFor(held).addServing(held);
    this.#changed.announce();
    return undefined;
  }

  /** Keeps a function known while its worker is away. */
  remember(held: HeldFunction): void {
    if (this.conflictFor(held.spec.id) !== undefined) return;
    this.#entryFor(held).addAbsent(held);
    this.#changed.announce();
  }

  /** Takes one holder's function away; other holders of the id keep it. */
  remove(functionId: string, holder: FunctionHolder): void {
    const entry = this.#entries.get(functionId);
    if (entry === undefined || entry.handler !== undefined) return;
    entry.remove(holder);
    if (!entry.isKnown) this.#entries.delete(functionId);
    this.#changed.announce();
  }

  /** Lets calls that wait for these functions go on, or fail if nobody is left to wait for. */
  announceServed(entries: Iterable<FunctionEntry>): void {
    for (const entry of entries) if (entry.parked !== undefined && (entry.serving.length > 0 || !entry.isKnown)) this.onServed(entry);
  }

  notFound(functionId: string): MotiaError {
    const known: string[] = [];
    for (const id of this.#entries.keys()) {
      if (id.startsWith(internalPrefix) && !functionId.startsWith('engine')) continue;
      known.push(id);
      if (known.length >= comparedNames) break;
    }
    return invocationErrors.FUNCTION_NOT_FOUND({ functionId: functionId.slice(0, 512), nearest: nearestNames(functionId, known, 3) });
  }

  list(includeInternal: boolean): readonly FunctionInfo[] {
    const infos: FunctionInfo[] = [];
    for (const entry of this.#entries.values()) {
      if (includeInternal || !entry.id.startsWith(internalPrefix)) infos.push(entry.info());
    }
    return infos;
  }

  onChanged(listener: () => void): Registration {
    return this.#changed.add(listener);
  }

  #entryFor(held: HeldFunction): FunctionEntry {
    let entry = this.#entries.get(held.spec.id);
    if (entry === undefined) {
      entry = new FunctionEntry(held.spec, held.holder.owner);
      this.#entries.set(held.spec.id, entry);
    }
    return entry;
  }
}
