import { copyFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore } from '../src/index.js';
import { startStream, todo, type StreamFixture } from './fixtures/start-stream.js';

const start = (folder: string): Promise<StreamFixture> => startStream({ options: { adapter: { class: KvStore.class, config: { file_path: folder } } } });

async function write(streams: StreamFixture, count: number, what: string): Promise<void> {
  for (let n = 0; n < count; n += 1) await streams.set('inbox', `i${n}`, what);
}

describe('a backup that was restored', () => {
  it('T3 is another history to those who saw what came after it', async () => {
    await using folder = temporaryFolder('restored');
    const data = join(folder.path, 'data');
    const backup = join(folder.path, 'backup.db');
    await using before = await start(data);
    await write(before, 5, 'kept');
    await before.host.stop();
    copyFileSync(join(data, 'motia.db'), backup);
    await using lost = await start(data);
    await write(lost, 3, 'lost');
    const follower = await lost.connect('plain');
    follower.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
    const { epoch = '', seq } = await follower.next(({ event }) => event?.type === 'sync');
    expect(seq).toBe(8);
    await lost.host.stop();

    for (const name of readdirSync(data)) if (name.startsWith('motia.db')) rmSync(join(data, name));
    copyFileSync(backup, join(data, 'motia.db'));
    await using restored = await start(data);
    await write(restored, 5, 'new');
    const resumed = await restored.connect('plain');
    resumed.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox', epoch, lastSeq: 8 });
    expect(await resumed.next(({ subscriptionId }) => subscriptionId === 's')).toMatchObject({ type: 'resync', reason: 'epoch' });
    const fresh = await resumed.next(({ event }) => event?.type === 'sync');
    expect(fresh.event?.data).toEqual(Array(5).fill('new'));
    await restored.host.stop();

    // It is the same history from then on.
    await using after = await start(data);
    const again = await after.connect('plain');
    again.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox', epoch: fresh.epoch ?? '', lastSeq: 10 });
    expect(await again.next(({ subscriptionId }) => subscriptionId === 's')).toMatchObject({ type: 'resumed' });
  });
});
