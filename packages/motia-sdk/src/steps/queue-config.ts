/**
 * Delivery options of one subscriber. What a trigger says wins over `queue_configs` of the queue module, that over its
 * adapter's options, and those over the defaults given here.
 */
export interface QueueConfig {
  /** `fifo`: in order within a message group, one at a time; groups in parallel. Default `standard`. */
  readonly type: 'fifo' | 'standard';
  /** Field of the data that holds the message group, for messages sent without `messageGroupId`. */
  readonly messageGroupField?: string;
  /** Attempts after the first that failed. Default 3. */
  readonly maxRetries: number;
  /** Attempts altogether; another way to say `maxRetries`, which wins. */
  readonly maxAttempts?: number;
  /** Deliveries that may end with the death of their process; then the message is a dead letter. Default 3. */
  readonly maxLosses?: number;
  /** Messages that one engine handles at a time; in a fifo queue, groups. Default 10. */
  readonly concurrency?: number;
  /** Seconds that a delivery is leased for; renewed while its handler runs. 1 to 43,200, default 30. */
  readonly visibilityTimeout: number;
  /** The same in milliseconds, which wins. */
  readonly visibilityTimeoutMs?: number;
  /** Milliseconds that a handler has; then it is cancelled and the attempt has failed. Default 300,000. */
  readonly timeoutMs?: number;
  /** Seconds before the first delivery. Default 0. */
  readonly delaySeconds: number;
  /** The same in milliseconds, which wins. */
  readonly delayMs?: number;
  /** How the delay before a retry grows: base × 2^(n-1), base, or base × n. Default `exponential`. */
  readonly backoffType?: 'exponential' | 'fixed' | 'linear' | (string & Record<never, never>);
  /** Milliseconds before the first retry, the base of the others. Default 1,000. */
  readonly backoffDelayMs?: number;
  /** Longest delay before a retry in milliseconds. Default 300,000. */
  readonly backoffMaxMs?: number;
  /** `full`: a random part of the delay, so that what failed together does not come back together. Default `full` for `exponential`, else `none`. */
  readonly backoffJitter?: 'full' | 'none';
  /** When a message of a fifo group is given up: go on with the next one, or stop the group until the message is redriven or discarded. Default `dlq`. */
  readonly onExhausted?: 'dlq' | 'block';
}

/** @deprecated Write `config` on the queue trigger. */
export interface InfrastructureConfig {
  readonly handler?: { readonly ram?: number; readonly cpu?: number; readonly timeout?: number };
  readonly queue?: Partial<QueueConfig>;
}
