import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { cron, http, log, queue, state, stream, subscribe, type TriggerConfig } from '../../src/index.js';
import { engineTriggerConfig } from '../../src/steps/trigger-config.js';

const wire = (trigger: TriggerConfig): Promise<unknown> => engineTriggerConfig(trigger, undefined, undefined);

describe('a trigger on the wire', () => {
  it('has the inventoried names of an HTTP route', async () => {
    const schema = z.object({ n: z.number() });
    expect(await wire(http('POST', '/a/:id', { bodySchema: schema, timeoutMs: 5, rawBody: true, bodyLimitBytes: 9, bodyTimeoutMs: 7, consumes: ['image/*'], produces: 'text/csv', files: { photo: { required: true, contentTypes: ['image/png'] } }, respond: { mode: 'accepted', queue: 'slow' }, idempotency: { required: true, ttlMs: 60_000, scopeHeaders: ['x-shop'] } }))).toEqual({
      api_path: '/a/:id',
      http_method: 'POST',
      body_schema: expect.objectContaining({ type: 'object', required: ['n'] }) as unknown,
      timeout_ms: 5,
      raw_body: true,
      body_limit_bytes: 9,
      body_timeout_ms: 7,
      consumes: ['image/*'],
      produces: 'text/csv',
      files: { photo: { required: true, content_types: ['image/png'] } },
      respond: { mode: 'accepted', queue: 'slow' },
      idempotency: { required: true, ttl_ms: 60_000, scope_headers: ['x-shop'] },
    });
    expect(await wire(http('GET', '/a', { idempotency: true }))).toEqual({ api_path: '/a', http_method: 'GET', idempotency: true });
  });

  it('carries everything that is said of a schedule', async () => {
    const options = { timezone: 'Europe/Vienna', overlap: 'replace', catchUp: 'all', catchUpWindowMs: 60_000, timeoutMs: 1000, queue: 'nightly' } as const;
    expect(await wire(cron('0 0 9 * * * *', options))).toEqual({ expression: '0 0 9 * * * *', timezone: 'Europe/Vienna', overlap: 'replace', catch_up: 'all', catch_up_window_ms: 60_000, timeout_ms: 1000, queue: 'nightly' });
    expect(await wire(cron({ at: new Date('2030-01-01T01:00:00+01:00') }))).toEqual({ at: '2030-01-01T00:00:00.000Z' });
    expect(await wire(cron({ at: 'tomorrow' }))).toEqual({ at: 'tomorrow' });
  });

  it('carries delivery options, filters and topics', async () => {
    expect(await wire(queue('t', { config: { type: 'fifo', maxRetries: 1 } }))).toEqual({ topic: 't', queue_config: { type: 'fifo', maxRetries: 1 } });
    expect(await engineTriggerConfig(queue('t', { config: { maxRetries: 1 } }), 'c', { queue: { maxRetries: 9, delaySeconds: 2 } })).toEqual({ topic: 't', queue_config: { maxRetries: 1, delaySeconds: 2 }, condition_function_id: 'c' });
    expect(await wire(subscribe('prices', { input: z.object({}) }))).toEqual({ topic: 'prices' });
    expect(await wire(state({ scope: 's', key: 'k' }))).toEqual({ scope: 's', key: 'k' });
    expect(await wire(log({ level: 'warn' }))).toEqual({ level: 'warn' });
    expect(await wire(log())).toEqual({});
    expect(await wire(stream('chat', { groupId: 'g', itemId: 'i' }))).toEqual({ stream_name: 'chat', group_id: 'g', item_id: 'i' });
  });
});
