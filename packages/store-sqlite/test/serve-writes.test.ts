import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import type { FromThread, ToThread } from '../src/thread/messages.js';
import { packCommands } from '../src/thread/packed-commands.js';
import { serveWrites } from '../src/thread/serve-writes.js';

/** The writer's end of a channel, on this thread; nothing of it runs before the next turn. */
function start(file: string) {
  const { port1: engine, port2: writer } = new MessageChannel();
  serveWrites(writer, { file, durability: 'normal', engineId: 'engine', fencingToken: 1, isShared: false, limits: {} });
  const send = (message: ToThread): void => engine.postMessage(message);
  const enter = (engineId: string, goesOn = false): void => send({ type: 'write', goesOn, commands: packCommands([{ commands: [{ program: 'store', command: 'enter', input: { engineId, pid: 1, isShared: true, nowMs: 1 }, nowMs: 1 }] }]) });
  return { engine, send, enter };
}

/** Everything that is said until the writer has closed. */
async function untilClosed(engine: MessagePort): Promise<readonly FromThread[]> {
  const heard: FromThread[] = [];
  engine.on('message', (message: FromThread) => heard.push(message));
  await once(engine, 'close');
  return heard;
}

it('the rest of a turn is committed with its beginning, and the next turn by itself', async () => {
  await using folder = temporaryFolder('store');
  const { engine, send, enter } = start(folder.file('motia.db'));
  enter('a', true);
  enter('b', true);
  enter('c');
  enter('d');
  send({ type: 'close' });
  expect((await untilClosed(engine)).filter(({ type }) => type === 'done')).toMatchObject([
    { outcomes: { units: 3, failed: [] }, report: { commands: 3 } },
    { outcomes: { units: 1, failed: [] }, report: { commands: 1 } },
  ]);
});

it('S4 a change that is handed over after the store was told to sync is in a later commit than those before', async () => {
  await using folder = temporaryFolder('store');
  const { engine, send, enter } = start(folder.file('motia.db'));
  enter('a', true);
  enter('b', true);
  send({ type: 'sync' });
  enter('c');
  send({ type: 'close' });
  expect((await untilClosed(engine)).filter(({ type }) => type === 'done')).toMatchObject([{ outcomes: { units: 2, failed: [] } }, { outcomes: { units: 1, failed: [] } }]);
});
