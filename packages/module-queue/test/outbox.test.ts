import { describe, expect, it } from '@jest/globals';
import { defineStoreProgram, QueueServiceRef, StorePoolRef, type StoreSql } from '@motia/engine-core/contract';
import { sqliteStore } from '@motia/store-sqlite';
import { startTestHost, ManualClock } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { queue } from '../src/index.js';
import { codeOf, openQueue, settled } from './fixtures/open-queue.js';

/** A module's own data beside the queue. */
const notes = defineStoreProgram({
  name: 'notes',
  source: { specifier: './outbox.test.js', from: import.meta.url },
  migrations: [{ version: 1, up: (sql) => void sql.run('CREATE TABLE notes (text TEXT PRIMARY KEY) STRICT') }],
  commands: { add: (sql: StoreSql, text: string) => sql.run('INSERT INTO notes (text) VALUES (?)', text).changes },
  queries: { all: (sql: StoreSql, _input: undefined) => sql.all<{ text: string }>('SELECT text FROM notes ORDER BY text').map(({ text }) => text) },
});

describe('an outbox', () => {
  it('Q13 a message and other changes of the store are committed together', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('orders');
    const store = await test.stores.open({ durability: 'memory' });
    const handle = await store.open(notes);
    const [, receipt] = await store.transaction((tx) => Promise.all([handle.run('add', 'a', { tx }), test.service.enqueue({ topic: 'orders', data: 1 }, { tx })]));
    expect(receipt).toEqual({ messageReceiptId: expect.any(String) });
    await test.settle();
    expect(data).toEqual([1]);
    expect(handle.query('all', undefined)).toEqual(['a']);
  });

  it('Q13 neither is there when the other fails', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('orders');
    const store = await test.stores.open({ durability: 'memory' });
    const handle = await store.open(notes);
    await handle.run('add', 'taken');
    const failing = store.transaction((tx) => Promise.all([test.service.enqueue({ topic: 'orders', data: 1 }, { tx }), handle.run('add', 'taken', { tx })]));
    await expect(failing).rejects.toMatchObject({ code: 'MOTIA_STORE_COMMAND_FAILED' });
    const refused = store.transaction((tx) => Promise.all([handle.run('add', 'b', { tx }), test.service.enqueue({ topic: 'nobody', data: 1 }, { tx })]));
    expect(await codeOf(refused)).toBe('MOTIA_QUEUE_QUEUE_NOT_FOUND');
    const invalid = store.transaction((tx) => Promise.all([handle.run('add', 'c', { tx }), test.service.enqueue({ topic: 'orders', data: 1, priority: 0.5 }, { tx })]));
    expect(await codeOf(invalid)).toBe('MOTIA_QUEUE_INVALID_OPTION');
    await test.settle();
    expect(data).toEqual([]);
    expect(handle.query('all', undefined)).toEqual(['taken']);
    // The places that were asked for are free again.
    for (let id = 0; id < 10; id += 1) await test.enqueue('orders', id);
    await test.settle();
    expect(data).toHaveLength(10);
  });

  it('Q13 enqueue is part of engine::transaction, one message or several', async () => {
    await using test = await openQueue();
    const { data, calls } = await test.subscribe('orders');
    const operations = [
      { function_id: 'enqueue', payload: { topic: 'orders', data: 'a', dedupId: 'x' } },
      { function_id: 'enqueue', payload: [{ topic: 'orders', data: 'b' }, { topic: 'orders', data: 'c' }] },
    ];
    const { results } = (await test.invoke('engine::transaction', { operations })) as { results: unknown[] };
    expect(results).toEqual([{ messageReceiptId: expect.any(String) }, [{ messageReceiptId: expect.any(String) }, { messageReceiptId: expect.any(String) }]]);
    await test.settle();
    expect(data).toEqual(['a', 'b', 'c']);
    expect(await test.invoke('engine::transaction', { operations: operations.slice(0, 1) })).toMatchObject({ results: [{ deduplicated: true }] });
    await expect(test.invoke('engine::transaction', { operations: [...operations, { function_id: 'enqueue', payload: { topic: 'nobody', data: 1 } }] })).rejects.toMatchObject({ code: 'MOTIA_QUEUE_QUEUE_NOT_FOUND', details: { operation: 2 } });
    await test.settle();
    expect(calls).toHaveLength(3);
  });

  it('Q13 stores that are not the same are refused', async () => {
    const folder = temporaryFolder('queue');
    const host = await startTestHost([sqliteStore({ data_dir: folder.path }), queue()], { clock: new ManualClock() });
    const other = await host.service(StorePoolRef).open({ directory: folder.path });
    host.functions.register({ id: 'take' }, () => undefined);
    await host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders' } });
    const service = host.service(QueueServiceRef);
    expect(await codeOf(other.transaction((tx) => service.enqueue({ topic: 'orders', data: 1 }, { tx })))).toBe('MOTIA_STORE_TX_CROSS_STORE');
    await settled();
    await host.stop();
    await folder.remove();
  });
});
