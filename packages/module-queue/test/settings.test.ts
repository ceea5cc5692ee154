import { describe, expect, it } from '@jest/globals';
import { defaultDelivery, resolveDelivery, type DeliveryOptions } from '../src/delivery/delivery-options.js';
import { readSettings } from '../src/delivery/settings-schema.js';
import { builtinOptions, settingsOf } from '../src/adapters/builtin-options.js';
import { queueOptions } from '../src/options.js';
import { queueTriggerConfig } from '../src/trigger-config.js';
import { codeOf, openQueue } from './fixtures/open-queue.js';

/** What each key of a trigger's `queue_config` decides. */
const keys: readonly (readonly [string, unknown, Partial<DeliveryOptions>])[] = [
  ['type', 'fifo', { type: 'fifo' }],
  ['messageGroupField', 'order', { messageGroupField: 'order' }],
  ['maxRetries', 7, { maxRetries: 7 }],
  ['maxAttempts', 7, { maxRetries: 6 }],
  ['maxLosses', 9, { maxLosses: 9 }],
  ['concurrency', 77, { concurrency: 77 }],
  ['visibilityTimeout', 45, { visibilityMs: 45_000 }],
  ['visibilityTimeoutMs', 4_500, { visibilityMs: 4_500 }],
  ['timeoutMs', 1_234, { timeoutMs: 1_234 }],
  ['delaySeconds', 3, { delayMs: 3_000 }],
  ['delayMs', 345, { delayMs: 345 }],
  ['backoffType', 'linear', { backoffType: 'linear', backoffJitter: 'none' }],
  ['backoffDelayMs', 55, { backoffBaseMs: 55 }],
  ['backoffMaxMs', 66, { backoffMaxMs: 66 }],
  ['backoffJitter', 'none', { backoffJitter: 'none' }],
  ['onExhausted', 'block', { onExhausted: 'block' }],
];
const snake = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const defaults = { ...defaultDelivery, backoffJitter: 'full' };

describe('delivery options', () => {
  it('are what the documentation says when nobody says anything', () => {
    expect(resolveDelivery()).toEqual(defaults);
  });

  it.each(keys)('%s of a trigger has its effect, in both spellings', (key, value, effect) => {
    for (const spelling of new Set([key, snake(key)])) {
      const { queue_config: written } = queueTriggerConfig.parse({ topic: 't', queue_config: { [spelling]: value } });
      expect(resolveDelivery(readSettings(written))).toEqual({ ...defaults, ...effect });
    }
  });

  it.each([...keys.map(([key, value, effect]) => [snake(key), value, effect] as const), ['backoff_ms', 44, { backoffBaseMs: 44 }] as const, ['dedup_window_ms', 9_000, { dedupWindowMs: 9_000 }] as const, ['max_depth', 5, { maxDepth: 5 }] as const])(
    '%s of queue_configs has its effect',
    (key, value, effect) => {
      const { queue_configs: configs } = queueOptions.parse({ queue_configs: { t: { [key]: value } } });
      expect(resolveDelivery(readSettings(configs['t']))).toEqual({ ...defaults, ...effect });
    },
  );

  it('of the adapter have their effect', () => {
    const of = (options: object): DeliveryOptions => resolveDelivery(settingsOf(builtinOptions.parse(options)));
    expect(of({})).toEqual(defaults);
    expect(of({ max_attempts: 2, backoff_ms: 5, concurrency: 3 })).toEqual({ ...defaults, maxRetries: 1, backoffBaseMs: 5, concurrency: 3 });
    expect(of({ mode: 'fifo' })).toEqual({ ...defaults, type: 'fifo', hasImplicitGroup: true });
    expect(of({ mode: 'concurrent' })).toEqual(defaults);
  });

  it('of a trigger win over queue_configs, those over the adapter, that over the default', async () => {
    await using test = await openQueue({
      queue_configs: { both: { max_retries: 5, concurrency: 5 }, queueOnly: { max_retries: 5 } },
      adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { max_attempts: 3, concurrency: 3, backoff_ms: 3 } },
    });
    await test.subscribe('both', { config: { maxRetries: 7 } });
    await test.subscribe('queueOnly');
    await test.subscribe('neither');
    const { queues } = (await test.invoke('queue::list')) as { queues: { name: string; functionId: string; options?: DeliveryOptions }[] };
    const of = (name: string): DeliveryOptions | undefined => queues.find((queue) => queue.name === name && queue.functionId !== '')?.options;
    expect(of('both')).toMatchObject({ maxRetries: 7, concurrency: 5, backoffBaseMs: 3, timeoutMs: 300_000 });
    expect(of('queueOnly')).toMatchObject({ maxRetries: 5, concurrency: 3, backoffBaseMs: 3 });
    expect(of('neither')).toMatchObject({ maxRetries: 2, concurrency: 3, backoffBaseMs: 3 });
  });

  it('say more in milliseconds than in seconds, and more as retries than as attempts', () => {
    expect(resolveDelivery(readSettings({ visibilityTimeout: 1, visibilityTimeoutMs: 2_000, delaySeconds: 1, delayMs: 5, maxRetries: 4, maxAttempts: 2 }))).toMatchObject({ visibilityMs: 2_000, delayMs: 5, maxRetries: 4 });
  });

  it.each([
    [{ concurrency: 0 }, 'concurrency', '1 to 10000'],
    [{ maxRetries: -1 }, 'maxRetries', '0 to 10000'],
    [{ visibilityTimeout: 43_201 }, 'visibilityTimeout', '1 to 43200'],
    [{ visibilityTimeout: 0 }, 'visibilityTimeout', '1 to 43200'],
    [{ delaySeconds: Number.NaN }, 'delaySeconds', ''],
    [{ backoffType: 'random' }, 'backoffType', ''],
    [{ backofType: 'fixed' }, 'backofType', 'backoffType'],
    [{ type: 'lifo' }, 'type', ''],
  ])('%j is refused, and what is allowed is said', async (config, key, range) => {
    await using test = await openQueue();
    const refused = test.host.triggers.register({ type: 'queue', functionId: 'f', config: { topic: 't', queue_config: config } });
    const message = await refused.then(() => 'no error', (error: Error) => error.message + JSON.stringify((error.cause as { details?: unknown } | undefined)?.details));
    expect(message).toContain(key);
    for (const part of range.split(' to ')) expect(message.replaceAll(/[.,](?=\d{3})/g, '')).toContain(part);
  });

  it('a topic that is badly named is refused', async () => {
    await using test = await openQueue();
    expect(await codeOf(test.host.triggers.register({ type: 'queue', functionId: 'f', config: { topic: 'no spaces' } }))).toBe('MOTIA_ENGINE_TRIGGER_CONFIG_INVALID');
    expect(await codeOf(test.host.triggers.register({ type: 'queue', functionId: 'f', config: {} }))).toBe('MOTIA_ENGINE_TRIGGER_CONFIG_INVALID');
  });

  it('poll_interval_ms is accepted, and a notice says what is there instead', async () => {
    await using test = await openQueue({ queue_configs: { old: { poll_interval_ms: 100 } } });
    expect(test.host.logs.find('poll_interval_ms has no effect')).toMatchObject({ level: 'info', fields: { queue: 'old' } });
  });
});
