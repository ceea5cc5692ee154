import { describe, expect, it } from '@jest/globals';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore, stream } from '../src/index.js';
import { startEngineProcess } from './fixtures/engine-process.js';
import { GroupView } from './fixtures/group-view.js';
import { until } from './fixtures/start-stream.js';
import { connectClient, transports, type Frame } from './fixtures/stream-client.js';

const rounds = 5;
const isSync = ({ event }: Frame): boolean => event?.type === 'sync';
const at = (item: string, stream = 'todo') => ({ stream_name: stream, group_id: 'inbox', item_id: item });

describe('an engine that is killed', () => {
  it.each(transports)('T3 keeps every change that it acknowledged, its numbers and its epoch: clients over %s go on where they were', async (transport) => {
    await using folder = temporaryFolder('killed');
    const view = new GroupView('todo', 'inbox');
    const acknowledged = new Map<string, number>();
    let written = 0;
    for (let round = 0; round < rounds; round += 1) {
      await using engine = await startEngineProcess(folder.path);
      view.follow(await connectClient(transport, { port: engine.port }));
      let isKilled = false;
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        while (!isKilled) {
          written += 1;
          const n = written;
          const item = `w${writer}`;
          await engine.call('stream::set', { ...at(item), data: n }).then(() => acknowledged.set(item, n), () => undefined);
        }
      });
      const goal = (view.lastSeq ?? 0) + 30 + round * 7;
      await view.until(() => (view.lastSeq ?? 0) >= goal);
      await engine.kill();
      isKilled = true;
      await Promise.all(writers);
      expect(view.breaches).toEqual([]);
    }
    await using engine = await startEngineProcess(folder.path);
    for (const [item, n] of acknowledged) expect(await engine.call('stream::get', at(item))).toBeGreaterThanOrEqual(n);
    view.follow(await connectClient(transport, { port: engine.port }));
    await engine.call('stream::set', { ...at('end'), data: 0 });
    await view.until(() => view.items.has('end'));
    const items = await engine.call('stream::list', { stream_name: 'todo', group_id: 'inbox' });
    expect([...view.items.values()].sort()).toEqual([...(items as readonly unknown[])].sort());
    expect([view.breaches, view.syncs, view.resumes, view.resyncs]).toEqual([[], 1, rounds, 0]);
    expect(view.seqs).toEqual(Array.from({ length: view.seqs.length }, (_, n) => (view.seqs[0] as number) + n));
  }, 120_000);

  it('T5 tells onLeave of everybody who was there, once, when it starts again', async () => {
    await using folder = temporaryFolder('killed');
    {
      await using engine = await startEngineProcess(folder.path);
      for (const [index, transport] of transports.entries()) {
        const client = await connectClient(transport, { port: engine.port });
        client.join({ subscriptionId: `a${index}`, streamName: 'todo', groupId: 'inbox' });
        client.join({ subscriptionId: `b${index}`, streamName: 'todo', groupId: 'inbox', id: 'x' });
        await client.next(({ subscriptionId, event }) => subscriptionId === `b${index}` && event?.type === 'sync');
      }
      const leaver = await connectClient('plain', { port: engine.port });
      leaver.join({ subscriptionId: 'left', streamName: 'todo', groupId: 'inbox' });
      await leaver.next(isSync);
      leaver.close();
      await engine.next(({ leave }) => leave?.['subscription_id'] === 'left');
      // What became of that call is written down before the next change is answered.
      await engine.call('stream::set', { ...at('x'), data: 1 });
      await engine.kill();
      expect(engine.lines.filter(({ join }) => join !== undefined)).toHaveLength(5);
    }
    const told = new Map<string, number>();
    for (let start = 0; start < 2; start += 1) {
      await using engine = await startEngineProcess(folder.path);
      if (start === 0) for (const id of ['a0', 'b0', 'a1', 'b1']) await engine.next(({ leave }) => leave?.['subscription_id'] === id);
      await engine.call('stream::set', { ...at('x'), data: start });
      await engine.stop();
      for (const { leave } of engine.lines) if (leave !== undefined) told.set(String(leave['subscription_id']), (told.get(String(leave['subscription_id'])) ?? 0) + 1);
    }
    expect(Object.fromEntries(told)).toEqual({ a0: 1, b0: 1, a1: 1, b1: 1 });
  }, 60_000);

  it('T5 S6 where engines share the store, another one tells onLeave of its clients and makes the calls that it owed', async () => {
    await using folder = temporaryFolder('killed');
    await using killed = await startEngineProcess(folder.path, 'shared-hang');
    const client = await connectClient('plain', { port: killed.port });
    client.join({ subscriptionId: 'here', streamName: 'todo', groupId: 'inbox' });
    await client.next(isSync);
    await killed.call('stream::set', { ...at('x', 'watched'), data: 1 });
    await killed.next(({ watch }) => watch === 1);
    const clock = new ManualClock(new Date());
    await using other = await startTestHost([sqliteStore({ shared: true }), stream({ port: 0, adapter: { class: KvStore.class, config: { file_path: folder.path } } })], { clock });
    const told: string[] = [];
    other.functions.register({ id: 'app::leave' }, (payload) => void told.push(`left ${(payload as { readonly subscription_id: string }).subscription_id}`));
    other.functions.register({ id: 'app::watch' }, (payload) => void told.push(`watched ${(payload as { readonly seq: number }).seq}`));
    await other.triggers.register({ type: 'stream:leave', functionId: 'app::leave', config: {} });
    await other.triggers.register({ type: 'stream', functionId: 'app::watch', config: { stream_name: 'watched' } });
    await killed.kill();
    expect(told).toEqual([]);
    await clock.advance('2s');
    await until(() => told.length === 2);
    expect(told.sort()).toEqual(['left here', 'watched 1']);
  }, 60_000);

  it('S6 makes the calls that it owed to triggers when it starts again, in order', async () => {
    await using folder = temporaryFolder('killed');
    {
      await using engine = await startEngineProcess(folder.path, 'hang');
      for (let n = 1; n <= 3; n += 1) await engine.call('stream::set', { ...at('x', 'watched'), data: n });
      await engine.next(({ watch }) => watch === 1);
      await engine.kill();
    }
    await using engine = await startEngineProcess(folder.path);
    await engine.next(({ watch }) => watch === 3);
    expect(engine.lines.flatMap(({ watch }) => (watch === undefined ? [] : [watch]))).toEqual([1, 2, 3]);
  }, 60_000);
});
