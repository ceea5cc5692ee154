import { describe, expect, it } from '@jest/globals';
import { noOptions } from '@motia/engine-core';
import { defineModule, type ModuleUse } from '@motia/engine-core/contract';
import { connectTestWorker, ManualClock, type TestWorker } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore } from '../src/index.js';
import { startStream, todo, until, type StreamFixture } from './fixtures/start-stream.js';

interface Told {
  readonly groupId: string;
  readonly id: string | null;
  readonly event: { readonly type: string; readonly data?: unknown };
}

const start = (folder: string, clock: ManualClock, modules: readonly ModuleUse[] = []): Promise<StreamFixture> => startStream({ clock, modules, options: { adapter: { class: KvStore.class, config: { file_path: folder } } } });
const app = ({ host }: StreamFixture, told: Told[]): Promise<TestWorker> =>
  connectTestWorker(host, { functions: { watch: (payload) => void told.push(payload as Told) }, triggers: [{ type: 'stream', functionId: 'watch', config: { stream_name: todo, group_id: 'inbox' } }] });

describe('S6 changes and messages of a stream before the processes of the app are back', () => {
  it('are owed to the triggers that were registered before the engine ended', async () => {
    await using folder = temporaryFolder('stream');
    const clock = new ManualClock();
    const told: Told[] = [];
    {
      await using before = await start(folder.path, clock);
      await using _worker = await app(before, told);
      await before.host.stop();
    }
    await using streams = await start(folder.path, clock);
    await streams.set('inbox', 'a', 1);
    await streams.set('other', 'a', 1);
    await streams.call('stream::send', { stream_name: todo, group_id: 'inbox', type: 'typing', data: 'Ada' });
    await using _worker = await app(streams, told);
    await until(() => told.length === 2);
    expect(told.map(({ id, event }) => [id, event.type])).toEqual(expect.arrayContaining([['a', 'create'], [null, 'event']]));
    await streams.set('inbox', 'a', 2);
    await until(() => told.length === 3);
  });

  it('are owed as well when they are made while the engine ends, after the process has gone and before the last client has', async () => {
    await using folder = temporaryFolder('stream');
    const clock = new ManualClock();
    let ending = async (): Promise<void> => undefined;
    const last = defineModule({
      name: 'last', version: '0.0.0', contract: 1, class: 'test::Last', options: noOptions, startsLast: true,
      create: async () => ({ services: {}, drain: () => ending() }),
    });
    const told: Told[] = [];
    {
      await using before = await start(folder.path, clock, [{ definition: last }]);
      const worker = await app(before, told);
      const client = await before.connect('plain');
      client.pause();
      ending = async () => {
        await worker[Symbol.asyncDispose]();
        await until(() => before.host.triggers.list().length === 0);
        await before.service.set({ stream: todo, group: 'inbox', item: 'a' }, 'at the end');
        client.resume();
      };
      await before.host.stop();
    }
    await using streams = await start(folder.path, clock);
    await using _worker = await app(streams, told);
    await until(() => told.length === 1);
    expect(told).toMatchObject([{ id: 'a', event: { type: 'create', data: 'at the end' } }]);
  });
});
