import { describe, expect, it } from '@jest/globals';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { queue } from '../src/index.js';
import { codeOf, until } from './fixtures/open-queue.js';

describe('a full disk', () => {
  it('#9 refuses new messages with the condition of the store, works off what is there, and takes new ones again', async () => {
    await using folder = temporaryFolder('queue-full');
    const clock = new ManualClock();
    const modules = [sqliteStore({ data_dir: folder.path, max_file_bytes: 3_000_000 }), queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: folder.path } } })];
    const host = await startTestHost(modules, { clock });
    const taken: string[] = [];
    host.functions.register({ id: 'take' }, (data) => void taken.push((data as string).slice(0, 20)));
    await host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: { concurrency: 3 } } });
    await host.functions.invoke('queue::pause', { topic: 'orders' });
    const enqueue = (id: number): Promise<unknown> => host.functions.invoke('enqueue', { topic: 'orders', data: `message ${String(id)} ${'x'.repeat(100_000)}` });
    const accepted: number[] = [];
    let refusal: unknown;
    for (let id = 0; id < 60 && refusal === undefined; id += 1) await enqueue(id).then(() => accepted.push(id), (error: unknown) => (refusal = error));
    expect(refusal).toMatchObject({ code: 'MOTIA_STORE_FULL', status: 507, retryable: true });
    expect(accepted.length).toBeGreaterThan(5);
    expect(await codeOf(enqueue(99))).toBe('MOTIA_STORE_FULL');
    expect(host.state).toBe('ready');

    await host.functions.invoke('queue::resume', { topic: 'orders' });
    await until(async () => {
      await clock.advance(100);
      return taken.length >= accepted.length;
    });
    expect(taken.map((text) => text.split(' ')[1])).toEqual(accepted.map(String));
    await enqueue(100);
    await until(() => taken.at(-1)?.startsWith('message 100'));
    await host.stop();
  }, 60_000);
});
