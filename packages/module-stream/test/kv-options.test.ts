import { existsSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { StreamServiceRef } from '@motia/engine-core/contract';
import { startTestHost, type TestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore, stream } from '../src/index.js';
import { startStream } from './fixtures/start-stream.js';

const durabilityOf = (host: TestHost): string | undefined => host.service(StreamServiceRef).store?.durability;

/** An engine that a config file sets up, in its folder. */
async function fromFile(folder: string, config: object): Promise<TestHost> {
  const file = `${folder}/config.yaml`;
  writeFileSync(file, JSON.stringify({ modules: [{ class: 'modules::stream::StreamModule', config: { port: 0, adapter: { class: KvStore.class, config } } }] }));
  return startTestHost([], { config: file });
}

describe('options of KvStore', () => {
  it('keep files when a config.yaml names it, where file_path says, as durably as it says', async () => {
    await using folder = temporaryFolder('kv');
    {
      await using host = await fromFile(folder.path, {});
      expect([durabilityOf(host), existsSync(folder.file('data', 'motia.db'))]).toEqual(['full', true]);
    }
    await using host = await fromFile(folder.path, { file_path: './elsewhere', durability: 'normal' });
    expect([durabilityOf(host), existsSync(folder.file('elsewhere', 'motia.db'))]).toEqual(['normal', true]);
  });

  it.each([{ store_method: 'in_memory' }, { durability: 'memory' }])('keep nothing with %j, and S4 say so at boot', async (config) => {
    await using folder = temporaryFolder('kv');
    await using host = await fromFile(folder.path, config);
    expect([durabilityOf(host), existsSync(folder.file('data'))]).toEqual(['memory', false]);
    expect(host.logs.messages('warn').join()).toContain('gone when the engine stops');
  });

  it('keep nothing when a program sets it up, unless it names a folder', async () => {
    await using memory = await startStream();
    expect([durabilityOf(memory.host), memory.host.logs.messages('warn')]).toEqual(['memory', []]);
    await using folder = temporaryFolder('kv');
    await using kept = await startStream({ options: { adapter: { class: KvStore.class, config: { file_path: folder.path } } } });
    expect([durabilityOf(kept.host), existsSync(folder.file('motia.db'))]).toEqual(['full', true]);
  });

  it('that contradict one another are said to', async () => {
    await using streams = await startStream({ options: { adapter: { class: KvStore.class, config: { store_method: 'in_memory', file_path: './data' } } } });
    expect(streams.host.logs.messages('warn').join()).toContain('file_path has no effect');
  });
});

describe('options of the module', () => {
  it('max_value_bytes bounds items, resume.max_age_ms what is kept to resume from', async () => {
    const { ManualClock } = await import('@motia/engine-core/testing');
    const clock = new ManualClock();
    await using streams = await startStream({ clock, options: { max_value_bytes: 100, resume: { max_age_ms: 1_000 } } });
    await expect(streams.set('inbox', 'a', 'x'.repeat(99))).rejects.toMatchObject({ code: 'MOTIA_STREAM_VALUE_TOO_LARGE' });
    for (let n = 0; n < 3; n += 1) await streams.set('inbox', 'a', n);
    const resume = async (): Promise<string> => {
      const client = await streams.connect('plain');
      client.join({ subscriptionId: 'p', streamName: 'todo', groupId: 'inbox' });
      const { epoch = '' } = await client.next(({ event }) => event?.type === 'sync');
      client.join({ subscriptionId: 's', streamName: 'todo', groupId: 'inbox', epoch, lastSeq: 1 });
      return (await client.next(({ type, subscriptionId }) => subscriptionId === 's' && (type === 'resumed' || type === 'resync'))).type;
    };
    expect(await resume()).toBe('resumed');
    await clock.advance('61s');
    expect(await resume()).toBe('resync');
  });

  it('§4.1 by default this machine alone is listened to', async () => {
    await using streams = await startStream();
    const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
    const answer = (host: string): Promise<unknown> => fetch(`http://${host}:${streams.port}/`).then(({ status }) => status, () => 'nobody');
    expect(await answer('127.0.0.1')).toBe(426);
    if (addresses.some(({ address }) => address === '::1')) expect(await answer('[::1]')).toBe(426);
    for (const { address, family, internal } of addresses) if (!internal && family === 'IPv4') expect([address, await answer(address)]).toEqual([address, 'nobody']);
  });

  it('port, host and listen say where; a taken port ends the start and names it', async () => {
    await using streams = await startStream({ options: { host: '127.0.0.1' } });
    expect(streams.service.address()).toEqual({ host: '127.0.0.1', port: streams.port });
    await expect(startTestHost([stream({ port: streams.port })])).rejects.toMatchObject({ details: { codes: ['MOTIA_STREAM_PORT_IN_USE'], reasons: [expect.stringContaining(String(streams.port))] } });
    await expect(startTestHost([stream({ port: 0, host: '203.0.113.7' })])).rejects.toMatchObject({ details: { codes: ['MOTIA_STREAM_LISTEN_FAILED'] } });
  });
});
