import type { Clock, Registration } from '@motia/engine-core/contract';
import type { ClaimOutcome, ClaimRequest, KeptResponse, ReplayStore } from './replay-store.js';
import { newSecret } from './secret.js';

interface Entry {
  readonly fingerprint: string;
  readonly token: string;
  /** On the monotonic scale. */
  readonly leaseEndsAtMs: number;
  readonly expiresAtMs: number;
  state: 'running' | 'kept' | 'unkept';
  response: KeptResponse | undefined;
}

/** What an entry costs beside its response. */
const entryBytes = 512;
const nothing: Registration = { dispose: () => undefined };

/** Keys and responses in memory, bounded in bytes: what is older makes room for what is newer. Gone with the process. */
export class MemoryReplays implements ReplayStore {
  readonly secret = newSecret();
  readonly #clock: Clock;
  readonly #limitBytes: number;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(clock: Clock, limitBytes: number) {
    this.#clock = clock;
    this.#limitBytes = limitBytes;
  }

  get heldBytes(): number {
    return this.#bytes;
  }

  claim({ key, fingerprint, token, leaseMs, ttlMs }: ClaimRequest): Promise<ClaimOutcome> {
    const now = this.#clock.monotonicMs();
    const known = this.#entries.get(key);
    if (known !== undefined && known.expiresAtMs > now && (known.state !== 'running' || known.leaseEndsAtMs > now)) return Promise.resolve(outcomeOf(known, fingerprint, now));
    this.#remove(key);
    this.#entries.set(key, { fingerprint, token, leaseEndsAtMs: now + leaseMs, expiresAtMs: now + ttlMs, state: 'running', response: undefined });
    this.#bytes += entryBytes;
    this.#makeRoom(now);
    return Promise.resolve({ kind: 'run' });
  }

  complete({ key, token }: Pick<ClaimRequest, 'key' | 'token'>, response: KeptResponse | undefined): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry?.token === token && entry.state === 'running') {
      entry.state = response === undefined ? 'unkept' : 'kept';
      entry.response = response;
      this.#bytes += sizeOf(response);
      this.#makeRoom(this.#clock.monotonicMs());
    }
    return Promise.resolve();
  }

  release({ key, token }: Pick<ClaimRequest, 'key' | 'token'>): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry?.token === token && entry.state === 'running') this.#remove(key);
    return Promise.resolve();
  }

  onForeignChange(): Registration {
    return nothing;
  }

  /** Those whose time is over, then the oldest; what is running stays. */
  #makeRoom(now: number): void {
    for (const [key, { expiresAtMs, state }] of this.#entries) {
      if (expiresAtMs > now && this.#bytes <= this.#limitBytes) return;
      if (state !== 'running' || expiresAtMs <= now) this.#remove(key);
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entryBytes + sizeOf(entry.response);
  }
}

function outcomeOf({ fingerprint, state, response, leaseEndsAtMs }: Entry, asked: string, now: number): ClaimOutcome {
  if (fingerprint !== asked) return { kind: 'mismatch' };
  if (state === 'running') return { kind: 'busy', leftMs: leaseEndsAtMs - now };
  return response === undefined ? { kind: 'unkept' } : { kind: 'replay', response };
}

function sizeOf(response: KeptResponse | undefined): number {
  if (response === undefined) return 0;
  return (response.body?.byteLength ?? 0) + response.headers.reduce((sum, text) => sum + text.length, 0);
}
