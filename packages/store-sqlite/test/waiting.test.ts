import { expect, it } from '@jest/globals';
import { defineModule, StorePoolRef } from '@motia/engine-core/contract';
import { noOptions } from '@motia/engine-core';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { sqliteStore } from '../src/index.js';
import { openPool } from './fixtures/open.js';

/** Opens the store when it starts, as adapters do. */
const UserModule = defineModule({
  name: '@test/user', version: '1.0.0', contract: 1, class: 'test::User', options: noOptions, requires: { pool: StorePoolRef },
  create: async ({ services }) => ({ services: {}, start: async () => void (await services.pool.open({})) }),
});

it('an engine that is stopped while it waits for a folder ends at once', async () => {
  await using folder = temporaryFolder('store');
  await using owner = await openPool({ data_dir: folder.path });
  await owner.pool.open({});
  // Nobody moves this clock: only the stop can end the wait.
  const waiting = await startTestHost([sqliteStore({ data_dir: folder.path, wait_lock_ms: 25_000 }), { definition: UserModule }], { clock: new ManualClock(), start: false });
  const started = waiting.start().then(() => 'started', (error: { code: string }) => error.code);
  await waiting.logs.next(({ message }) => message.includes('Waiting for another engine'));
  await waiting.stop();
  expect(await started).toBe('MOTIA_ENGINE_START_INTERRUPTED');
});

it('an engine that waits takes the folder as soon as it looks after the other has let go', async () => {
  await using folder = temporaryFolder('store');
  const owner = await openPool({ data_dir: folder.path });
  await owner.pool.open({});
  const clock = new ManualClock();
  await using waiting = await startTestHost([sqliteStore({ data_dir: folder.path, wait_lock_ms: 10_000 }), { definition: UserModule }], { clock, start: false });
  const started = waiting.start();
  await waiting.logs.next(({ message }) => message.includes('Waiting for another engine'));
  await clock.advance('1s');
  expect(waiting.state).toBe('starting');
  await owner.host.stop();
  await clock.advance(250);
  await started;
  expect(waiting.service(StorePoolRef)).toBeDefined();
});
