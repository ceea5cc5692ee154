import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMotiaError, type Registration, type StoreDurability, type StorePool, type StoreRequest, type StoreService, type TransactionParticipant } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { openInMemory, openOnDisk, type OpenStoreOptions } from './open-store.js';
import type { OpenStore } from './sqlite-store.js';
import type { StoreWatch } from './store-watch.js';

export interface StorePoolParts {
  readonly baseDir: string;
  readonly defaults: { readonly directory: string; readonly durability: StoreDurability };
  readonly store: Omit<OpenStoreOptions, 'durability' | 'events' | 'interrupt' | 'name'>;
  /** Told of what happens, and to which database. */
  readonly watch: Pick<StoreWatch, 'committed' | 'lost' | 'foundCorrupt'>;
}

/** Databases by folder, one of them in memory, and the functions that take part in transactions. */
export class SqliteStorePool implements StorePool {
  readonly participants = new Map<string, TransactionParticipant>();
  /** Aborts when the engine is stopped while it starts. */
  interrupt: AbortSignal | undefined;
  readonly #parts: StorePoolParts;
  /** By folder; the one in memory has none. */
  readonly #opening = new Map<string, Promise<OpenStore>>();
  readonly #open = new Set<OpenStore>();
  readonly #expected: { readonly request: StoreRequest; readonly isVital: boolean }[] = [];
  #isClosed = false;

  constructor(parts: StorePoolParts) {
    this.#parts = parts;
  }

  /** Those that are open now. */
  stores(): readonly OpenStore[] {
    return [...this.#open];
  }

  expect(request: StoreRequest, { isVital = true }: { readonly isVital?: boolean } = {}): void {
    this.#expected.push({ request, isVital });
  }

  /** One after the other: whoever waits for one folder holds no other that it does not need. */
  async openExpected(): Promise<void> {
    for (const { request, isVital } of this.#expected) {
      try {
        await this.open(request);
      } catch (error) {
        if (isVital || isMotiaError(error, 'MOTIA_STORE_OWNED')) throw error;
      }
    }
  }

  async open(request: StoreRequest): Promise<StoreService> {
    const { baseDir, defaults } = this.#parts;
    if (this.#isClosed) throw storeErrors.CLOSED({});
    const durability = request.durability ?? defaults.durability;
    const folder = durability === 'memory' ? undefined : realPath(resolve(baseDir, request.directory ?? defaults.directory));
    const key = folder === undefined ? '' : `${folder}\n${request.name ?? ''}`;
    const known = this.#opening.get(key);
    if (known !== undefined) {
      const store = await known;
      store.strengthen(durability);
      return store;
    }
    const opening = this.#openNew(folder, durability, request.name);
    this.#opening.set(key, opening);
    // One that could not be opened may be tried again.
    opening.catch(() => this.#opening.delete(key));
    return opening;
  }

  join(functionId: string, participant: TransactionParticipant): Registration {
    this.participants.set(functionId, participant);
    return {
      dispose: () => {
        if (this.participants.get(functionId) === participant) this.participants.delete(functionId);
      },
    };
  }

  /** Commits what waits and closes everything. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = await Promise.allSettled(this.#opening.values());
    const closed = await Promise.allSettled(opened.flatMap((store) => (store.status === 'fulfilled' ? [store.value.close()] : [])));
    this.#open.clear();
    for (const outcome of closed) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #openNew(folder: string | undefined, durability: StoreDurability, name: string | undefined): Promise<OpenStore> {
    const { watch } = this.#parts;
    const opened: { store?: OpenStore } = {};
    const file = (): string | undefined => opened.store?.file;
    const options: OpenStoreOptions = {
      ...this.#parts.store, durability, name, interrupt: this.interrupt,
      events: {
        committed: (report) => watch.committed(file(), report),
        lost: (error) => watch.lost(file(), error),
        foreignCommit: () => opened.store?.noteForeignCommit(),
        foundCorrupt: (row) => watch.foundCorrupt(file(), row),
      },
    };
    const store = folder === undefined ? openInMemory(options) : await openOnDisk(folder, options);
    opened.store = store;
    this.#open.add(store);
    return store;
  }
}

/** Two names of one folder are one store; of one that is not there yet, the name itself. */
function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
