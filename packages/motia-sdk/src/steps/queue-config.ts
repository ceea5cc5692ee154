/**
 * Delivery options of one subscriber. Where the same is said twice, this wins over the queue's own configuration and that
 * over the module's defaults. Seconds where the name does not say otherwise.
 */
export interface QueueConfig {
  /** `fifo`: in order within a `messageGroupId`, one at a time; groups run in parallel. Default `standard`. */
  readonly type: 'fifo' | 'standard';
  /** Retries after the first attempt. Default 3. */
  readonly maxRetries: number;
  /** Seconds that a delivery is leased for; renewed while the handler runs. 1 to 43,200, default 30. */
  readonly visibilityTimeout: number;
  /** Seconds before the first delivery. Default 0. */
  readonly delaySeconds: number;
  /** Messages at a time. Default 10. */
  readonly concurrency?: number;
  /** How the wait before a retry grows. Default `exponential`. */
  readonly backoffType?: 'exponential' | 'fixed' | 'linear' | (string & Record<never, never>);
  /** Milliseconds before the first retry. Default 1,000. */
  readonly backoffDelayMs?: number;
}

/** @deprecated Write `config` on the queue trigger. */
export interface InfrastructureConfig {
  readonly handler?: { readonly ram?: number; readonly cpu?: number; readonly timeout?: number };
  readonly queue?: Partial<QueueConfig>;
}
