import type { Logger, Registration, StoreHandle, StoreService } from '@motia/engine-core/contract';
import { storeProgram, type RestProgram } from '../store-program.js';
import type { ClaimOutcome, ClaimRequest, KeptResponse, ReplayStore } from './replay-store.js';
import { newSecret } from './secret.js';

/** Keys and responses in the store of the engine: what was answered is kept before the client hears of it. */
export class StoredReplays implements ReplayStore {
  private constructor(
    private readonly store: StoreService,
    private readonly handle: StoreHandle<RestProgram>,
    readonly secret: string,
    private readonly logger: Logger,
  ) {}

  static async open(store: StoreService, logger: Logger): Promise<StoredReplays> {
    const handle = await store.open(storeProgram);
    const replays = new StoredReplays(store, handle, await handle.run('agreeOnSecret', { offered: newSecret() }), logger);
    await replays.#takeBack();
    return replays;
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
    const commits = this.store.onForeignCommit(listener);
    const deaths = this.store.onEngineGone(() => {
      this.#takeBack().then(
        (freed) => (freed > 0 ? listener() : undefined),
        (error: unknown) => this.logger.warn('Idempotency keys of an engine that is gone could not be freed; they are when the time of their requests is over', { error }),
      );
    });
    return {
      dispose() {
        commits.dispose();
        deaths.dispose();
      },
    };
  }

  /** Frees the keys that engines held which are gone: a request that one of them ran may run again. */
  async #takeBack(): Promise<number> {
    const gone = this.handle.query('claimants', undefined).filter((token) => this.store.isGone(token));
    return gone.length === 0 ? 0 : this.handle.run('recover', { gone });
  }
}
