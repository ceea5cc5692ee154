import type { Registration } from '@motia/engine-core/contract';

/** A response as it is kept for requests that come again. */
export interface KeptResponse {
  readonly status: number;
  /** Name, value, name, value. */
  readonly headers: readonly string[];
  readonly contentType: string | undefined;
  /** Undefined: no body at all. */
  readonly body: Uint8Array | undefined;
}

export interface ClaimRequest {
  /** Of the key, the route and who sent it; see `idempotency-key.ts`. */
  readonly key: string;
  /** Of what the request asks for: the same key with another one is a mistake. */
  readonly fingerprint: string;
  /** Of this attempt: only who has the claim may end it. */
  readonly token: string;
  /** How long the attempt may take; after that the key is free again. */
  readonly leaseMs: number;
  /** How long the outcome is kept, from now on. */
  readonly ttlMs: number;
}

/**
 * `run`: the key is ours until the claim ends. `replay`: it was answered so. `unkept`: it was answered, and the response cannot be given
 * again. `mismatch`: it stands for another request. `busy`: somebody runs it, `leftMs` at most.
 */
export type ClaimOutcome =
  | { readonly kind: 'run' }
  | { readonly kind: 'unkept' }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'replay'; readonly response: KeptResponse }
  | { readonly kind: 'busy'; readonly leftMs: number };

/** Where keys and responses are kept. Whoever comes first with a key has it; a claim whose time is over is as if it had never been. */
export interface ReplayStore {
  /** Random; the same for as long, and for all engines, as the keys are. Never told to clients. */
  readonly secret: string;
  claim(request: ClaimRequest): Promise<ClaimOutcome>;
  /** Ends a claim with a response, or without one that could be given again. Does nothing when the claim is no longer held. */
  complete(claim: Pick<ClaimRequest, 'key' | 'token'>, response: KeptResponse | undefined): Promise<void>;
  /** Ends a claim as if it had never been. */
  release(claim: Pick<ClaimRequest, 'key' | 'token'>): Promise<void>;
  /** Somebody else may have changed what is kept, or left claims behind that are free now. */
  onForeignChange(listener: () => void): Registration;
}
