import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { ManualClock, startTestHost, type TestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { queue } from '../src/index.js';
import { settled } from './fixtures/open-queue.js';

describe('a payload that is not what was written', () => {
  it('#14 goes to the dead letters and is told of; its neighbours are handled, and it can be redriven with good data', async () => {
    await using folder = temporaryFolder('queue-corrupt');
    const open = (): Promise<TestHost> => startTestHost([queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: folder.path } } })], { clock: new ManualClock() });
    const first = await open();
    first.functions.register({ id: 'take' }, () => undefined);
    await first.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders' } });
    await first.functions.invoke('queue::pause', { topic: 'orders' });
    for (const data of ['before', 'flipped', 'large '.repeat(1_000), 'after']) await first.functions.invoke('enqueue', { topic: 'orders', data });
    await first.stop();

    const db = new Database(folder.file('motia.db'));
    expect(db.prepare(`UPDATE queue_jobs SET data = '"flopped"' WHERE data = '"flipped"'`).run().changes).toBe(1);
    expect(db.prepare(`UPDATE queue_payloads SET data = replace(data, 'large', 'lXrge')`).run().changes).toBe(1);
    db.close();

    const host = await open();
    const taken: unknown[] = [];
    host.functions.register({ id: 'take' }, (data) => void taken.push(data));
    await host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders' } });
    await host.functions.invoke('queue::resume', { topic: 'orders' });
    await settled(30);
    expect(taken).toEqual(['before', 'after']);
    const { messages } = (await host.functions.invoke('queue::dead_letters', { topic: 'orders' })) as { messages: { messageId: string; data: string; lastFailure: { code: string } }[] };
    expect(messages.map(({ data, lastFailure }) => [data.slice(0, 7), lastFailure.code])).toEqual([['flopped', 'MOTIA_QUEUE_ROW_CORRUPT'], ['lXrge l', 'MOTIA_QUEUE_ROW_CORRUPT']]);
    expect(host.logs.records.filter(({ level, fields }) => level === 'error' && fields?.['code'] === 'MOTIA_QUEUE_ROW_CORRUPT')).toHaveLength(2);
    await host.functions.invoke('queue::redrive', { messageId: messages[0]?.messageId, data: 'mended' });
    await settled(30);
    expect(taken).toEqual(['before', 'after', 'mended']);
    await host.stop();
  });
});
