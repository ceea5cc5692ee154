import type { Registration, StoreHandle, StoreService } from '@motia/engine-core/contract';
import { storeProgram, type RestProgram } from '../store-program.js';
import type { ClaimOutcome, ClaimRequest, KeptResponse, ReplayStore } from './replay-store.js';

/** Keys and responses in the store of the engine: what was answered is kept before the client hears of it. */
export class StoredReplays implements ReplayStore {
  private constructor(
    private readonly store: StoreService,
    private readonly handle: StoreHandle<RestProgram>,
  ) {}

  static async open(store: StoreService): Promise<StoredReplays> {
    const handle = await store.open(storeProgram);
    // Where engines share the store, a claim may belong to one that lives; it ends by its lease then.
    if (!store.isShared) await handle.run('recover', undefined);
    return new StoredReplays(store, handle);
  }

  claim(request: ClaimRequest): Promise<ClaimOutcome> {
    return this.handle.run('claim', request);
  }

  async complete({ key, token }: Pick<ClaimRequest, 'key' | 'token'>, response: KeptResponse | undefined): Promise<void> {
    await this.handle.run('complete', { key, token, response });
  }

  async release({ key, token }: Pick<ClaimRequest, 'key' | 'token'>): Promise<void> {
    await this.handle.run('release', { key, token });
  }

  onForeignChange(listener: () => void): Registration {
    return this.store.onForeignCommit(listener);
  }
}
