import { describe, expect, it } from '@jest/globals';
import { createChannelClient, MotiaError, type ChannelClient, type ChannelRef } from '@motia/protocol';
import type { ChannelPair } from '../../src/contract/channels.js';
import { connectTestWorker, type TestWorker } from '../../src/testing/connect-test-worker.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { failureOf, startKernel, turns, type TestKernel } from '../functions/start-kernel.js';

interface ChannelWorker extends AsyncDisposable {
  readonly worker: TestWorker;
  readonly client: ChannelClient;
}

async function connect(host: TestKernel, owner: string): Promise<ChannelWorker> {
  const worker = await connectTestWorker(host.kernel, { owner });
  return { worker, client: createChannelClient(worker.endpoint), [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose]() };
}

const create = (from: TestWorker, input: object = {}) => from.invoke('engine::channels::create', input) as Promise<ChannelPair>;
const wrongKey = (ref: ChannelRef): ChannelRef => ({ ...ref, access_key: 'f'.repeat(32) });

async function collect(reader: AsyncIterable<string | Uint8Array>): Promise<(string | number[])[]> {
  const frames: (string | number[])[] = [];
  for await (const frame of reader) frames.push(typeof frame === 'string' ? frame : [...frame]);
  return frames;
}

describe('channels', () => {
  it('carry text and bytes in order from one process to another, and end when the writer closes', async () => {
    await using host = startKernel();
    await using a = await connect(host, 'a');
    await using b = await connect(host, 'b');
    const pair = await create(a.worker);
    expect(pair).toEqual({
      writer: { channel_id: expect.any(String), access_key: expect.any(String), direction: 'write' },
      reader: { channel_id: pair.writer.channel_id, access_key: expect.any(String), direction: 'read' },
    });
    expect(pair.writer.access_key).not.toBe(pair.reader.access_key);
    const writer = await a.client.openWriter(pair.writer);
    await writer.write('{"type":"set_status","status_code":201}');
    await writer.write(Buffer.from([1, 2, 3]));
    const reader = await b.client.openReader(pair.reader);
    const frames = collect(reader);
    await writer.write('last');
    writer.close();
    expect(await frames).toEqual(['{"type":"set_status","status_code":201}', [1, 2, 3], 'last']);
    expect(host.kernel.counters.openChannels).toBe(0);
  });

  it('are over at once when a module gives them up: with a reader that takes nothing, and without one', async () => {
    await using host = startKernel();
    await using a = await connect(host, 'a');
    const gone = new MotiaError({ code: 'TEST_GONE', message: 'gone' });
    const [read, unread] = [host.kernel.channels.create({ bufferBytes: 1024 }), host.kernel.channels.create({ bufferBytes: 1024 })];
    const reader = await a.client.openReader(read.reader);
    const writers = [read, unread].map(({ writer }) => host.kernel.channels.openWriter(writer));
    const waiting = writers.map((writer) => writer.write(Buffer.alloc(4096)));
    for (const writer of writers) {
      writer.abort(gone);
      writer.abort(gone);
    }
    expect(host.kernel.counters.openChannels).toBe(0);
    expect((await Promise.all(waiting.map(failureOf))).map(({ code }) => code)).toEqual(['TEST_GONE', 'TEST_GONE']);
    expect((await Promise.all(writers.map(({ closed }) => closed))).map((error) => error?.code)).toEqual(['TEST_GONE', 'TEST_GONE']);
    expect((await failureOf(collect(reader))).code).toBe('TEST_GONE');
    expect((await failureOf(a.client.openReader(unread.reader))).code).toBe('TEST_GONE');
    expect((await failureOf(a.client.openReader(wrongKey(unread.reader)))).code).toBe('MOTIA_ENGINE_CHANNEL_NOT_FOUND');
  });

  it('connect a process with a module in both directions', async () => {
    await using host = startKernel();
    await using a = await connect(host, 'a');
    const up = host.kernel.channels.create();
    const down = host.kernel.channels.create();
    const received = collect(host.kernel.channels.openReader(up.reader));
    const sending = await a.client.openWriter(up.writer);
    await sending.write('up');
    sending.close();
    expect(await received).toEqual(['up']);
    const writer = host.kernel.channels.openWriter(down.writer);
    const reading = collect(await a.client.openReader(down.reader));
    await writer.write('down');
    await writer.write(new Uint8Array(200_000).fill(7));
    writer.close();
    const frames = await reading;
    expect(frames[0]).toBe('down');
    expect(frames.slice(1).flat()).toHaveLength(200_000);
    await expect(writer.closed).resolves.toBeUndefined();
  });

  it('slow the writer to the pace of the reader and never hold more than the window', async () => {
    await using host = startKernel();
    await using a = await connect(host, 'a');
    const pair = await create(a.worker, { buffer_size: 1 });
    const writer = await a.client.openWriter(pair.writer);
    let written = 0;
    const writing = (async () => {
      for (let chunk = 0; chunk < 64; chunk += 1) {
        await writer.write(new Uint8Array(1024));
        written += 1;
      }
      writer.close();
    })();
    await turns(20);
    expect(written).toBe(4);
    const reader = host.kernel.channels.openReader(pair.reader);
    let bytes = 0;
    for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) bytes += chunk.length;
    await writing;
    expect(bytes).toBe(64 * 1024);
  });

  it('cut off a writer that ignores its credit', async () => {
    await using host = startKernel();
    await using a = await connect(host, 'a');
    const pair = await create(a.worker, { buffer_size: 1 });
    const writer = await a.client.openWriter(pair.writer);
    const { channel_id: channelId } = pair.writer;
    a.worker.endpoint.notify('channels/write', { channelId }, new Uint8Array(5000));
    await turns();
    expect(await failureOf(writer.write('x'))).toMatchObject({ code: 'MOTIA_ENGINE_CHANNEL_OVERFLOW' });
    expect(host.kernel.counters.openChannels).toBe(0);
    expect(a.worker.handle.state).toBe('ready');
  });

  it('let each end be opened once, and only with its own key', async () => {
    await using host = startKernel();
    await using a = await connect(host, 'a');
    await using b = await connect(host, 'b');
    const pair = await create(a.worker);
    expect(await failureOf(a.client.openWriter(wrongKey(pair.writer)))).toMatchObject({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND', status: 404 });
    expect(await failureOf(a.client.openWriter({ ...pair.reader, direction: 'write' }))).toMatchObject({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND' });
    await a.client.openWriter(pair.writer);
    expect(await failureOf(b.client.openWriter(pair.writer))).toMatchObject({ code: 'MOTIA_ENGINE_CHANNEL_CLAIMED', status: 409 });
    await a.client.openReader(pair.reader);
    expect(await failureOf(b.client.openReader(pair.reader))).toMatchObject({ code: 'MOTIA_ENGINE_CHANNEL_CLAIMED' });
    expect(() => host.kernel.channels.openReader(wrongKey(pair.reader))).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND' }));
  });

  it('are not writable by a worker that did not open them', async () => {
    await using host = startKernel();
    await using a = await connect(host, 'a');
    await using b = await connect(host, 'b');
    const pair = await create(a.worker);
    const writer = await a.client.openWriter(pair.writer);
    const received = collect(host.kernel.channels.openReader(pair.reader));
    const { channel_id: channelId } = pair.writer;
    b.worker.endpoint.notify('channels/write', { channelId, text: 'forged' });
    b.worker.endpoint.notify('channels/close', { channelId });
    await turns();
    await writer.write('genuine');
    writer.close();
    expect(await received).toEqual(['genuine']);
  });

  it('tell the reader when the writer’s process dies, after what it had sent', async () => {
    await using host = startKernel();
    await using a = await connect(host, 'a');
    const pair = await create(a.worker);
    const writer = await a.client.openWriter(pair.writer);
    const reader = host.kernel.channels.openReader(pair.reader);
    await writer.write('before');
    await turns();
    a.worker.kill();
    await expect(reader.read()).resolves.toBe('before');
    expect(await failureOf(reader.read())).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_DISCONNECTED' });
  });

  it('tell the writer when the reader gives up or dies', async () => {
    await using host = startKernel();
    await using a = await connect(host, 'a');
    await using b = await connect(host, 'b');
    const first = await create(a.worker);
    const second = await create(a.worker);
    const toModule = await a.client.openWriter(first.writer);
    host.kernel.channels.openReader(first.reader).cancel(new MotiaError({ code: 'MOTIA_REST_CLIENT_GONE', message: 'the client went away' }));
    const toWorker = await a.client.openWriter(second.writer);
    await b.client.openReader(second.reader);
    b.worker.kill();
    await turns();
    expect(await failureOf(toModule.write('x'))).toMatchObject({ code: 'MOTIA_REST_CLIENT_GONE' });
    expect(await failureOf(toWorker.write('x'))).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_DISCONNECTED' });
    expect(host.kernel.counters.openChannels).toBe(0);
  });

  it('cancel when a loop over the reader is left', async () => {
    await using host = startKernel();
    const { writer: writerRef, reader: readerRef } = host.kernel.channels.create();
    const writer = host.kernel.channels.openWriter(writerRef);
    await writer.write('one');
    await writer.write('two');
    for await (const frame of host.kernel.channels.openReader(readerRef)) {
      expect(frame).toBe('one');
      break;
    }
    expect(await failureOf(writer.write('three'))).toMatchObject({ code: expect.stringMatching(/CHANNEL_CLOSED$/) });
    await expect(writer.closed).resolves.toMatchObject({ code: 'MOTIA_ENGINE_CHANNEL_CLOSED' });
  });

  it('are freed when an end was not opened for five minutes, and keep no timer once there are none', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const { channels } = host.kernel;
    const abandoned = channels.create();
    const used = channels.create();
    const writer = channels.openWriter(used.writer);
    const reader = channels.openReader(used.reader);
    const half = channels.openWriter(channels.create().writer);
    await clock.advance('6m');
    expect(() => channels.openReader(abandoned.reader)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND' }));
    await expect(half.closed).resolves.toMatchObject({ code: 'MOTIA_ENGINE_CHANNEL_CLOSED' });
    await writer.write('still open');
    await expect(reader.read()).resolves.toBe('still open');
    reader.cancel();
    await clock.advance('1m');
    expect(clock.pendingTimers).toBe(0);
  });

  it('go with the process that created them, unless they are written to the end', async () => {
    await using host = startKernel();
    const a = await connect(host, 'a');
    const unused = await create(a.worker);
    const full = await create(a.worker);
    const writer = await a.client.openWriter(full.writer);
    await writer.write('kept');
    writer.close();
    await turns();
    a.worker.kill();
    await a.worker.handle.closed;
    await turns();
    expect(() => host.kernel.channels.openReader(unused.reader)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_CHANNEL_NOT_FOUND' }));
    expect(await collect(host.kernel.channels.openReader(full.reader))).toEqual(['kept']);
  });

  it('are limited in number', async () => {
    await using host = startKernel({ limits: { maxChannels: 2 } });
    host.kernel.channels.create();
    host.kernel.channels.create();
    expect(() => host.kernel.channels.create()).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_CHANNELS_EXHAUSTED' }));
  });

  it('end with the engine', async () => {
    const host = startKernel();
    const pair = host.kernel.channels.create();
    const reading = failureOf(host.kernel.channels.openReader(pair.reader).read());
    await host.kernel.stop();
    expect(await reading).toMatchObject({ code: 'MOTIA_ENGINE_CHANNEL_CLOSED' });
  });
});
