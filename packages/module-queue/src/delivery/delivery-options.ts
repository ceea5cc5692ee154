/** How messages of one queue are delivered, with everything decided. */
export interface DeliveryOptions {
  /** `fifo`: in order within a group, one at a time; groups in parallel. */
  readonly type: 'standard' | 'fifo';
  /** Field of the data that holds the group, for messages sent without one. */
  readonly messageGroupField?: string;
  /** Messages without a group are one group, instead of being refused. Only for configs that say `mode: fifo`. */
  readonly hasImplicitGroup: boolean;
  /** Messages that one engine handles at a time. */
  readonly concurrency: number;
  /** Attempts after the first that failed. */
  readonly maxRetries: number;
  /** Deliveries that may end with the death of their process or engine. */
  readonly maxLosses: number;
  readonly backoffType: 'exponential' | 'fixed' | 'linear';
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** `full`: a random part of the delay; `none`: the delay itself. */
  readonly backoffJitter: 'full' | 'none';
  /** A lease that is not renewed for so long is over. */
  readonly visibilityMs: number;
  /** Then the handler is cancelled and the attempt has failed. */
  readonly timeoutMs: number;
  /** Before the first delivery. */
  readonly delayMs: number;
  /** What a fifo group does when one of its messages is given up: go on without it, or wait for an operator. */
  readonly onExhausted: 'dlq' | 'block';
  readonly dedupWindowMs: number;
  /** Messages that wait or run; more are refused. */
  readonly maxDepth: number;
}

/** Some of the options, from one place that sets them. */
export type DeliverySettings = Partial<DeliveryOptions>;

/** What holds where nobody says otherwise. */
export const defaultDelivery: Omit<DeliveryOptions, 'backoffJitter'> = {
  type: 'standard',
  hasImplicitGroup: false,
  concurrency: 10,
  maxRetries: 3,
  maxLosses: 3,
  backoffType: 'exponential',
  backoffBaseMs: 1_000,
  backoffMaxMs: 300_000,
  visibilityMs: 30_000,
  timeoutMs: 300_000,
  delayMs: 0,
  onExhausted: 'dlq',
  dedupWindowMs: 300_000,
  maxDepth: 1_000_000,
};

/** Puts settings over each other: the first that says something wins. Trigger, queue_configs, adapter; then the defaults. */
export function resolveDelivery(...layers: readonly (DeliverySettings | undefined)[]): DeliveryOptions {
  const merged: Record<string, unknown> = { ...defaultDelivery };
  for (const layer of [...layers].reverse()) {
    for (const [key, value] of Object.entries(layer ?? {})) if (value !== undefined) merged[key] = value;
  }
  // Who writes `fixed` or `linear` expects those delays; who writes nothing gets what spreads load best.
  merged['backoffJitter'] ??= merged['backoffType'] === 'exponential' ? 'full' : 'none';
  return merged as unknown as DeliveryOptions;
}
