import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getInstance, type ChannelReader, type ChannelWriter } from '../../src/index.js';
import { createTestApp, type TestApp } from '../../src/testing/index.js';

describe('channels between functions, over the real engine', () => {
  const sdk = getInstance();
  const registered = [
    sdk.registerFunction('acme::count', async ({ input }: { input: ChannelReader }) => {
      const messages: string[] = [];
      input.onMessage((message) => messages.push(message));
      return { bytes: (await input.readAll()).length, messages };
    }),
    sdk.registerFunction('acme::produce', async ({ output, lines }: { output: ChannelWriter; lines: number }) => {
      output.sendMessage('begin');
      await pipeline(Readable.from(Array.from({ length: lines }, (_, n) => `line ${n}\n`)), output.stream);
      return null;
    }),
    sdk.registerFunction('acme::break', async ({ output }: { output: ChannelWriter }) => {
      output.stream.write('half');
      output.stream.destroy(new Error('the disk is gone'));
      return null;
    }),
  ];
  let app: TestApp;
  beforeAll(async () => void (app = await createTestApp({ steps: [], modules: [] })));
  afterAll(async () => {
    await app.stop();
    for (const fn of registered) fn.unregister();
  });

  it('carry text and bytes in order, more of them than fit at once', async () => {
    const { readerRef, writerRef } = await sdk.createChannel();
    const counted = sdk.trigger<object, { bytes: number; messages: string[] }>({ function_id: 'acme::count', payload: { input: readerRef } });
    await sdk.trigger({ function_id: 'acme::produce', payload: { output: writerRef, lines: 50_000 } });
    expect(await counted).toEqual({ bytes: Array.from({ length: 50_000 }, (_, n) => `line ${n}\n`).join('').length, messages: ['begin'] });
  });

  it('are used by whoever made them, too', async () => {
    const { reader, writerRef } = await sdk.createChannel();
    const produced = sdk.trigger({ function_id: 'acme::produce', payload: { output: writerRef, lines: 3 } });
    const seen: string[] = [];
    for await (const chunk of reader) seen.push(chunk.toString());
    await produced;
    expect(seen.join('')).toBe('line 0\nline 1\nline 2\n');
    const mine = await sdk.createChannel();
    const counted = sdk.trigger({ function_id: 'acme::count', payload: { input: mine.readerRef } });
    mine.writer.stream.write('1234');
    mine.writer.close();
    expect(await counted).toEqual({ bytes: 4, messages: [] });
  });

  it('tell the reader what broke the writer, and the writer that nobody reads', async () => {
    const { reader, writerRef } = await sdk.createChannel();
    const broken = sdk.trigger({ function_id: 'acme::break', payload: { output: writerRef } });
    await expect(reader.readAll()).rejects.toMatchObject({ message: expect.stringContaining('the disk is gone') as unknown });
    await broken;
    const unread = await sdk.createChannel();
    const failed = new Promise<Error>((resolve) => unread.writer.stream.on('error', resolve));
    unread.reader.onMessage(() => unread.reader.close());
    unread.writer.sendMessage('stop');
    unread.writer.stream.write('x'.repeat(1_000_000));
    expect(await failed).toBeInstanceOf(Error);
  });
});
