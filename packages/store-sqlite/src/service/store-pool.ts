import { mkdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock, Registration, StoreDurability, StorePool, StoreRequest, StoreService, TransactionParticipant } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { openStore } from './open-store.js';
import type { OpenStore } from './sqlite-store.js';

export interface StorePoolParts {
  readonly baseDir: string;
  readonly defaults: { readonly directory: string; readonly durability: StoreDurability };
  readonly clock: Clock;
}

/** Databases by folder, one of them in memory, and the functions that take part in transactions. */
export class SqliteStorePool implements StorePool {
  readonly participants = new Map<string, TransactionParticipant>();
  readonly #parts: StorePoolParts;
  readonly #stores = new Map<string, Promise<OpenStore>>();
  #isClosed = false;

  constructor(parts: StorePoolParts) {
    this.#parts = parts;
  }

  async open(request: StoreRequest): Promise<StoreService> {
    const { baseDir, defaults, clock } = this.#parts;
    const durability = request.durability ?? defaults.durability;
    const directory = durability === 'memory' ? undefined : await folder(resolve(baseDir, request.directory ?? defaults.directory));
    if (this.#isClosed) throw storeErrors.CLOSED({});
    const key = directory ?? '';
    const known = this.#stores.get(key);
    if (known !== undefined) return known;
    const opening = openStore({ directory, durability, clock });
    this.#stores.set(key, opening);
    opening.catch(() => this.#stores.delete(key));
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
    const opened = await Promise.allSettled(this.#stores.values());
    const closed = await Promise.allSettled(opened.flatMap((store) => (store.status === 'fulfilled' ? [store.value.close()] : [])));
    for (const outcome of closed) if (outcome.status === 'rejected') throw outcome.reason;
  }
}

/** Only its owner may look into it. Links are followed, so that two names of one folder are one store. */
async function folder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return realpath(path);
}
