import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/protocol';
import { z } from 'zod';
import { defineStream, http, step, type FlowContext, type PendingChange, type Transaction } from '../../src/index.js';
import { serving } from '../support/scripted-engine.js';

type Ctx = FlowContext<{ topic: string; data: unknown }, unknown>;
interface Operation {
  readonly function_id: string;
  readonly payload: Readonly<Record<string, unknown>>;
}
const chat = defineStream({ name: 'chat', schema: z.object({ text: z.string() }) });
const answers: Readonly<Record<string, unknown>> = { 'state::set': { old_value: 1, new_value: 2, version: 3 }, 'state::delete': 'gone', 'stream::set': { old_value: null, new_value: { text: 'x' } }, 'stream::delete': { old_value: { text: 'x' } }, enqueue: { messageReceiptId: 'm1' } };
const commit = ({ operations }: { operations: readonly Operation[] }): unknown => ({ results: operations.map(({ function_id: id }) => answers[id] ?? null) });

async function inTransaction(use: (ctx: Ctx) => unknown, transaction: (payload: never) => unknown = commit): Promise<{ got: unknown; operations: readonly Operation[] | undefined; calls: number }> {
  let got: unknown;
  const routed = step({ name: 'T', triggers: [http('GET', '/t')] }, async (_req, ctx) => {
    got = await Promise.resolve(use(ctx as unknown as Ctx)).catch((error: unknown) => error);
  });
  await using engine = await serving([routed], { functions: { 'engine::transaction': transaction } }, { streams: [{ filePath: 'chat.stream.ts', module: { default: chat } }] });
  await engine.http();
  return { got, calls: engine.calls.length, operations: (engine.calls[0]?.payload as { operations: readonly Operation[] } | undefined)?.operations };
}

describe('Q13 a transaction of a handler', () => {
  it('is one call with every change in the order it was made', async () => {
    const { operations, calls } = await inTransaction((ctx) =>
      ctx.transaction((tx) => {
        tx.state.set('orders', 'o1', { n: 1 }, { ifVersion: 0, ttlMs: 5 });
        tx.state.update('counts', 'orders', [{ type: 'increment', path: 'n', by: 1 }]);
        tx.state.delete('carts', 'c1', { ifVersion: 2 });
        const named = (tx.streams as Transaction['streams'] & Record<string, ReturnType<typeof tx.stream>>)['chat']!;
        named.set('g', 'i', { text: 'hello' });
        named.update('g', 'i', [{ type: 'set', path: 'text', value: 'y' }]);
        tx.stream(chat).delete('g', 'old');
        tx.stream(chat).send({ groupId: 'g' }, { type: 'typing', data: 1 });
        tx.enqueue({ topic: 'order.created', data: { id: 'o1' } });
        tx.call('acme::audit', { who: 'me' });
      }),
    );
    expect(calls).toBe(1);
    expect(operations).toEqual([
      { function_id: 'state::set', payload: { scope: 'orders', key: 'o1', value: { n: 1 }, if_version: 0, ttl_ms: 5 } },
      { function_id: 'state::update', payload: { scope: 'counts', key: 'orders', ops: [{ type: 'increment', path: 'n', by: 1 }] } },
      { function_id: 'state::delete', payload: { scope: 'carts', key: 'c1', if_version: 2 } },
      { function_id: 'stream::set', payload: { stream_name: 'chat', group_id: 'g', item_id: 'i', data: { text: 'hello' } } },
      { function_id: 'stream::update', payload: { stream_name: 'chat', group_id: 'g', item_id: 'i', ops: [{ type: 'set', path: 'text', value: 'y' }] } },
      { function_id: 'stream::delete', payload: { stream_name: 'chat', group_id: 'g', item_id: 'old' } },
      { function_id: 'stream::send', payload: { stream_name: 'chat', group_id: 'g', type: 'typing', data: 1 } },
      { function_id: 'enqueue', payload: { topic: 'order.created', data: { id: 'o1' } } },
      { function_id: 'acme::audit', payload: { who: 'me' } },
    ]);
  });

  it('gives the results of the changes that its function returned: one, a list, an object, mixed with other values', async () => {
    const all = { old_value: 1, new_value: 2, version: 3, oldValue: 1, newValue: 2 };
    expect((await inTransaction((ctx) => ctx.transaction((tx) => tx.state.set('s', 'k', 2)))).got).toEqual(all);
    expect((await inTransaction((ctx) => ctx.transaction(async (tx) => [tx.enqueue({ topic: 't', data: 1 }), await Promise.resolve(7), tx.state.delete('s', 'k')] as const))).got).toEqual([{ messageReceiptId: 'm1' }, 7, 'gone']);
    expect((await inTransaction((ctx) => ctx.transaction((tx) => ({ order: tx.state.set('s', 'k', 2), gone: tx.stream(chat).delete('g', 'i') })))).got).toEqual({ order: all, gone: { text: 'x' } });
    expect((await inTransaction((ctx) => ctx.transaction((tx) => { tx.state.set('s', 'k', 2); }))).got).toBeUndefined();
  });

  it('asks nobody when there is nothing to commit', async () => {
    expect(await inTransaction((ctx) => ctx.transaction(() => 'nothing'))).toEqual({ got: 'nothing', operations: undefined, calls: 0 });
  });

  it('sends nothing when its function throws or data breaks a schema', async () => {
    const thrown = await inTransaction((ctx) => ctx.transaction((tx) => { tx.state.set('s', 'k', 1); throw new Error('changed my mind'); }));
    expect([thrown.calls, (thrown.got as Error).message]).toEqual([0, 'changed my mind']);
    const invalid = await inTransaction((ctx) => ctx.transaction((tx) => { tx.state.set('s', 'k', 1); tx.stream(chat).set('g', 'i', { txt: 1 } as never); }));
    expect(invalid).toMatchObject({ calls: 0, got: { code: 'MOTIA_SDK_STREAM_DATA_INVALID', details: { stream: 'chat' } } });
  });

  it('names the operation that undid it, and keeps its code', async () => {
    const refuse = (): never => {
      throw new MotiaError({ code: 'MOTIA_STATE_VERSION_CONFLICT', message: 'the key has version 4', status: 409, details: { operation: 1, version: 4 } });
    };
    const { got } = await inTransaction((ctx) => ctx.transaction((tx) => { tx.enqueue({ topic: 't', data: 1 }); tx.state.set('orders', 'o1', 1, { ifVersion: 3 }); }), refuse);
    expect(got).toMatchObject({ code: 'MOTIA_STATE_VERSION_CONFLICT', message: 'operation 2 of 2 (state::set orders/o1): the key has version 4', status: 409, details: { operation: 1, version: 4 } });
  });

  it('refuses changes that come after it was sent', async () => {
    let late: (() => PendingChange<unknown>) | undefined;
    const { got } = await inTransaction(async (ctx) => {
      await ctx.transaction((tx) => { late = () => tx.state.set('s', 'k', 1); tx.state.set('s', 'k', 0); });
      late?.();
    });
    expect(got).toMatchObject({ code: 'MOTIA_SDK_TRANSACTION_CLOSED' });
  });

  it('is a missing module where nothing offers it', async () => {
    const routed = step({ name: 'T', triggers: [http('GET', '/t')] }, async (_req, ctx) => ({ status: 200, body: await ctx.transaction((tx) => tx.state.set('s', 'k', 1)) }));
    await using engine = await serving([routed]);
    await expect(engine.http()).rejects.toMatchObject({ code: 'MOTIA_SDK_MODULE_NOT_LOADED', message: expect.stringContaining('engine::transaction') as unknown as string });
  });
});
