import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { enqueue, http, jsonSchema, publish, queue, step, subscribe, type FlowContext, type StepConfig } from '../../src/index.js';
import { ScriptedEngine, serving } from '../support/scripted-engine.js';

type Ctx = FlowContext<{ topic: string; data: unknown }, unknown>;
const route = (handler: (ctx: Ctx) => unknown, more: Partial<StepConfig> = {}): object => ({ config: { name: 'E', triggers: [http('GET', '/e')], ...more }, handler: (_req: unknown, ctx: Ctx) => handler(ctx) });
const receipts = { enqueue: ({ topic }: { topic: string }) => ({ messageReceiptId: `m-${topic}` }), 'queue::enqueue_batch': ({ messages }: { messages: unknown[] }) => ({ receipts: messages.map((_, index) => ({ messageReceiptId: `m${index}` })) }) };

describe('enqueueing', () => {
  it('Q10 carries group, dedup id, delays, moment and priority', async () => {
    await using engine = await serving(
      [
        route(async (ctx) => {
          const send = ctx.enqueue as typeof enqueue;
          await send({ topic: 't', data: 1, messageGroupId: 'g', dedupId: 'd', delayMs: 250, priority: 5 });
          await send({ topic: 't', data: 1, delaySeconds: 2 });
          await send({ topic: 't', data: 1, runAt: new Date(5000), delayMs: 1, delaySeconds: 9 });
          await send({ topic: 't', data: 1, runAt: '1970-01-01T00:00:07Z' });
        }, { enqueues: ['t'] }),
      ],
      { functions: receipts },
    );
    await engine.http();
    expect(engine.calls.map(({ payload }) => payload)).toEqual([
      { topic: 't', data: 1, messageGroupId: 'g', dedupId: 'd', delayMs: 250, priority: 5 },
      { topic: 't', data: 1, delayMs: 2000 },
      { topic: 't', data: 1, delayMs: 1, runAt: 5000 },
      { topic: 't', data: 1, runAt: '1970-01-01T00:00:07Z' },
    ]);
  });

  it('hides no mistake from the queue: keys that are not known travel, and numbers that JSON does not know as words', async () => {
    const wrong = [{ topic: 't', data: 1, delay: 5 }, { topic: 't', data: 1, delaySeconds: Number.POSITIVE_INFINITY, ttlMs: Number.NaN }, 'text', null];
    await using engine = await serving([route(async (ctx) => { for (const message of wrong) await ctx.enqueue(message as never); }, { enqueues: ['t'] })], { functions: { enqueue: () => null } });
    await engine.http();
    expect(engine.calls.map(({ payload }) => payload)).toEqual([{ topic: 't', data: 1, delay: 5 }, { topic: 't', data: 1, delayMs: 'Infinity', ttlMs: 'NaN' }, {}, {}]);
  });

  it('gives receipts, one for each message of a batch', async () => {
    let got: unknown;
    await using engine = await serving([route(async (ctx) => { got = [await ctx.enqueue({ topic: 'a', data: 1 }), await enqueue([{ topic: 'a', data: 1 }, { topic: 'b', data: 2, dedupId: 'x' }])]; }, { enqueues: ['a'] })], { functions: receipts });
    await engine.http();
    expect(got).toEqual([{ messageReceiptId: 'm-a' }, [{ messageReceiptId: 'm0' }, { messageReceiptId: 'm1' }]]);
    expect(engine.calls[1]).toMatchObject({ functionId: 'queue::enqueue_batch', payload: { messages: [{ topic: 'a', data: 1 }, { topic: 'b', data: 2, dedupId: 'x' }] } });
    await using silent = await serving([route(async (ctx) => { got = await ctx.enqueue({ topic: 'a', data: 1 }); })], { functions: { enqueue: () => null } });
    await silent.http();
    expect(got).toEqual({ messageReceiptId: '' });
  });

  it('tells a developer once of a topic that the Step does not list, and in production nobody', async () => {
    const module = route(async (ctx) => {
      await ctx.enqueue([{ topic: 'listed', data: 1 }, { topic: 'labelled', data: 1 }]);
      await ctx.enqueue({ topic: 'other', data: 1 });
      await ctx.enqueue({ topic: 'other', data: 2 });
    }, { enqueues: ['listed', { topic: 'labelled', label: 'x' }] });
    await using engine = await serving([module], { functions: receipts });
    await engine.http();
    await engine.endpoint.request('ping', {});
    const warnings = engine.logs.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).toEqual(['Step "E" enqueues to "other", which its config does not list: add it to `enqueues`']);
    await using quiet = await serving([module], { functions: receipts }, { mode: 'production' });
    await quiet.http();
    await quiet.endpoint.request('ping', {});
    expect(quiet.logs.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('publishes with and without a context, and lengthens a lease', async () => {
    await using engine = await serving([route(async (ctx) => { await ctx.publish('prices', { eur: 1 }); await publish('prices', null); await ctx.extend(60_000); })], { functions: { publish: () => null, 'queue::extend': () => null } });
    await engine.invoke('steps::E::trigger::http(GET /e)', {}, { idempotencyKey: 'm-1' });
    expect(engine.calls.map(({ functionId, payload, params }) => [functionId, payload, params.parentInvocationId])).toEqual([
      ['publish', { topic: 'prices', data: { eur: 1 } }, 'i1'],
      ['publish', { topic: 'prices', data: null }, 'i1'],
      ['queue::extend', { idempotencyKey: 'm-1', invocationId: 'i1', ms: 60_000 }, 'i1'],
    ]);
  });
});

describe('messages', () => {
  const order = z.object({ id: z.string(), amount: z.number().default(1) });
  const seen: unknown[] = [];
  const handler = (message: unknown): void => void seen.push(message);

  it.each([
    ['zod', order, { id: 'a', amount: 1 }],
    ['JSON Schema', jsonSchema(z.object({ id: z.string() })), { id: 'a' }],
  ])('Q12 one that breaks the schema (%s) reaches no handler, is final, and is refused by JSON pointer', async (_kind, input, accepted) => {
    seen.length = 0;
    await using engine = await serving([step({ name: 'M', triggers: [queue('t', { input }), subscribe('p', { input })] }, handler)]);
    for (const id of ['steps::M::trigger::queue(t)', 'steps::M::trigger::subscribe(p)']) {
      await expect(engine.invoke(id, { id: 7 })).rejects.toMatchObject({
        code: 'MOTIA_SDK_INPUT_INVALID',
        retryable: false,
        details: { functionId: id, part: 'message', problems: [expect.objectContaining({ path: '/id' })] },
      });
      expect(seen).toEqual([]);
      await engine.invoke(id, { id: 'a' });
      expect(seen.splice(0)).toEqual([accepted]);
    }
  });

  it('a schema that cannot be compiled keeps its Step out, naming file and trigger', async () => {
    await using engine = new ScriptedEngine();
    const { problems } = await engine.serve({ steps: [{ filePath: 'steps/odd.step.ts', module: step({ name: 'Odd', triggers: [queue('t', { input: { type: 'nothing' } })] }, handler) }], mode: 'development' });
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/^steps\/odd\.step\.ts .*`config\.triggers\[0\]\.input` cannot be compiled/)]);
  });
});
