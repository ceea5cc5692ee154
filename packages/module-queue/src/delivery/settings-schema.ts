import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { DeliverySettings } from './delivery-options.js';

const whole = (description: string, minimum: number, maximum: number, unit?: string): TSchema =>
  Type.Optional(Type.Integer({ minimum, maximum, description, hint: `must be a whole number from ${minimum} to ${maximum}`, ...(unit === undefined ? {} : { unit }) }));
const longestDelayMs = 31_536_000_000;
/** The visibility timeout that SQS allows at most: 12 hours. */
export const longestVisibilityMs = 43_200_000;
export const longestDedupWindowMs = 604_800_000;

/** Settings of one queue as triggers write them. `queue_configs` writes the same in snake_case, and a few more. */
const settings = {
  type: Type.Optional(Type.Union([Type.Literal('standard'), Type.Literal('fifo')], { description: '`fifo`: in order within a message group, one at a time; groups in parallel. Default `standard`.' })),
  messageGroupField: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Field of the data that holds the message group, for messages sent without one.' })),
  maxRetries: whole('Attempts after the first that failed. Default 3.', 0, 10_000),
  maxAttempts: whole('Attempts altogether; another way to say `maxRetries`, which wins.', 1, 10_001),
  maxLosses: whole('Deliveries that may end with the death of their process; then the message is a dead letter. Default 3.', 1, 1_000),
  concurrency: whole('Messages that one engine handles at a time; in a fifo queue, groups. Default 10.', 1, 10_000),
  visibilityTimeout: whole('Seconds that a delivery is leased for; renewed while its handler runs. Default 30.', 1, 43_200, 's'),
  visibilityTimeoutMs: whole('The same in milliseconds, which wins.', 1_000, longestVisibilityMs, 'ms'),
  timeoutMs: whole('Time that a handler has; then it is cancelled and the attempt has failed. Default 300,000.', 1, longestVisibilityMs, 'ms'),
  delaySeconds: whole('Seconds before the first delivery. Default 0.', 0, 31_536_000, 's'),
  delayMs: whole('The same in milliseconds, which wins.', 0, longestDelayMs, 'ms'),
  backoffType: Type.Optional(Type.Union([Type.Literal('exponential'), Type.Literal('fixed'), Type.Literal('linear')], { description: 'How the delay before a retry grows: base × 2^(n-1), base, or base × n. Default `exponential`.' })),
  backoffDelayMs: whole('Delay before the first retry, the base of the others. Default 1,000.', 0, longestDelayMs, 'ms'),
  backoffMaxMs: whole('Longest delay before a retry. Default 300,000.', 0, longestDelayMs, 'ms'),
  backoffJitter: Type.Optional(Type.Union([Type.Literal('full'), Type.Literal('none')], { description: '`full`: a random part of the delay, so that what failed together does not come back together. Default `full` for `exponential`, `none` for `fixed` and `linear`.' })),
  onExhausted: Type.Optional(Type.Union([Type.Literal('dlq'), Type.Literal('block')], { description: 'When a message of a fifo group is given up: `dlq` goes on with the next one, `block` stops the group until the message is redriven or discarded. Default `dlq`.' })),
} as const;

const queueOnly = {
  dedupWindowMs: whole('How long a `dedupId` is remembered. Default 300,000.', 1_000, longestDedupWindowMs, 'ms'),
  maxDepth: whole('Messages that may wait and run; more are refused with MOTIA_QUEUE_QUEUE_FULL. Default 1,000,000.', 1, 100_000_000),
} as const;

/** `queue_config` of a trigger, in both spellings: `maxRetries` as Steps write it and `max_retries`. */
export const triggerSettingsSchema = Type.Object({ ...settings, ...snakeCased(settings) }, { description: 'Delivery options of this subscriber.' });

/** One entry of `queue_configs`. */
export const queueSettingsSchema = Type.Object({
  ...snakeCased({ ...settings, ...queueOnly }),
  backoff_ms: whole('Delay before the first retry, the base of the others. Default 1,000.', 0, longestDelayMs, 'ms'),
  poll_interval_ms: whole('Accepted and without effect: work is dispatched when it arrives.', 0, longestDelayMs, 'ms'),
}, { description: 'Delivery options of the queue, or of the topic, of this name.' });

export type WrittenSettings = Static<typeof queueSettingsSchema>;

/** The settings that a trigger, an entry of `queue_configs` or an adapter writes, in one form. */
export function readSettings(written: Readonly<Record<string, unknown>> | undefined): DeliverySettings {
  if (written === undefined) return {};
  const at = (key: string): unknown => written[key] ?? written[snakeCase(key)];
  const seconds = (key: string): number | undefined => scaled(at(key), 1_000);
  const found: Record<keyof DeliverySettings, unknown> = {
    type: at('type'),
    messageGroupField: at('messageGroupField'),
    hasImplicitGroup: undefined,
    concurrency: at('concurrency'),
    maxRetries: at('maxRetries') ?? retriesOf(at('maxAttempts')),
    maxLosses: at('maxLosses'),
    backoffType: at('backoffType'),
    backoffBaseMs: at('backoffDelayMs') ?? written['backoff_ms'],
    backoffMaxMs: at('backoffMaxMs'),
    backoffJitter: at('backoffJitter'),
    visibilityMs: at('visibilityTimeoutMs') ?? seconds('visibilityTimeout'),
    timeoutMs: at('timeoutMs'),
    delayMs: at('delayMs') ?? seconds('delaySeconds'),
    onExhausted: at('onExhausted'),
    dedupWindowMs: at('dedupWindowMs'),
    maxDepth: at('maxDepth'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function scaled(value: unknown, factor: number): number | undefined {
  return typeof value === 'number' ? value * factor : undefined;
}

/** `max_attempts: N` are N attempts, the first one included. */
function retriesOf(attempts: unknown): number | undefined {
  return typeof attempts === 'number' ? attempts - 1 : undefined;
}

export function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function snakeCased(of: Readonly<Record<string, TSchema>>): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(of).map(([key, schema]) => [snakeCase(key), schema]));
}
