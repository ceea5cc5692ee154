import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { freePort, temporaryFolder } from '@motia/tools/testing';
import { writeApp } from './harness/app.js';
import { runIii, startIii } from './harness/running-engine.js';

const config = 'modules:\n  - class: modules::api::RestApiModule\n    config:\n      port: ${PORT:0}\n  - class: modules::state::StateModule\n    config: { adapter: { class: modules::state::adapters::KvStore, config: { store_method: file_based, file_path: ./data } } }\n';

/** A dozen programs are started one after the other. */
const limitMs = 90_000;

/** An app whose state is kept in a file, with one value in it. */
const appWithState = async () => {
  const folder = temporaryFolder('iii-store');
  writeApp(folder.path, { 'config.yaml': config });
  await using engine = await startIii({ cwd: folder.path });
  const set = await runIii(['invoke', 'state::set', '{"scope":"g","key":"i","value":1}'], { cwd: folder.path });
  expect(set).toMatchObject({ code: 0 });
  expect(await engine.stop()).toBe(0);
  return folder;
};

describe('iii and its data folder', () => {
  it('Q13 engine::transaction changes state and sends a message together, or neither, also across a kill', async () => {
    await using folder = temporaryFolder('iii-store');
    const queue = '  - class: modules::queue::QueueModule\n    config: { adapter: { class: modules::queue::BuiltinQueueAdapter, config: { store_method: file_based, file_path: ./data } }, queue_configs: { paid: {} } }\n';
    writeApp(folder.path, { 'config.yaml': `${config}${queue}` });
    const call = (functionId: string, payload: unknown) => runIii(['invoke', functionId, JSON.stringify(payload)], { cwd: folder.path });
    const set = (value: unknown, more: object = {}) => ({ function_id: 'state::set', payload: { scope: 'orders', key: 'o-1', value, ...more } });
    const send = (id: number) => ({ function_id: 'enqueue', payload: { queue: 'paid', functionId: 'orders::paid', delaySeconds: 3_600, data: { id } } });
    await using engine = await startIii({ cwd: folder.path });
    expect(await call('engine::transaction', { operations: [set('paid'), send(1)] })).toMatchObject({ code: 0 });
    const undone = await call('engine::transaction', { operations: [send(2), set('again', { if_version: 9 })] });
    expect(undone.code).toBe(70);
    expect(undone.stderr).toContain('MOTIA_STATE_VERSION_CONFLICT');
    engine.signal('SIGKILL');
    await engine.exited;
    await using next = await startIii({ cwd: folder.path });
    expect((await call('state::get', { scope: 'orders', key: 'o-1' })).stdout).toContain('paid');
    const { messages } = JSON.parse((await call('queue::messages', { queue: 'paid' })).stdout) as { readonly messages: readonly { readonly data?: unknown }[] };
    expect([next.pid === engine.pid, messages.length]).toEqual([false, 1]);
  }, limitMs);

  it('G2 #16 a second engine exits with 73 and says whose folder it is; the first does not notice', async () => {
    await using folder = await appWithState();
    await using first = await startIii({ cwd: folder.path });
    writeFileSync(folder.file('second.yaml'), config);
    const second = await runIii(['-c', 'second.yaml'], { cwd: folder.path });
    expect(second.code).toBe(73);
    expect(second.stderr).toContain('MOTIA_STORE_OWNED');
    expect(second.stderr).toContain(`process ${first.pid}, started `);
    const get = await runIii(['invoke', 'state::get', '{"scope":"g","key":"i"}'], { cwd: folder.path });
    expect(get).toMatchObject({ code: 0, stdout: expect.stringContaining('1') });
  }, limitMs);

  it('G2 #16 with the same ports too, the folder is what the second one is told about', async () => {
    await using folder = await appWithState();
    const port = await freePort();
    await using first = await startIii({ cwd: folder.path, env: { PORT: String(port) } });
    const second = await runIii([], { cwd: folder.path, env: { PORT: String(port) } });
    expect(second).toMatchObject({ code: 73, stderr: expect.stringContaining(`process ${first.pid}, started `) });
  }, limitMs);

  it('#17 iii --wait-lock stands by with the same configuration, and takes over when the first engine is killed', async () => {
    await using folder = await appWithState();
    const port = await freePort();
    const env = { PORT: String(port) };
    await using first = await startIii({ cwd: folder.path, env });
    await using second = await startIii({ cwd: folder.path, env, args: ['--wait-lock'], waitReady: false });
    await second.waitForLog('that it waits', ({ message }) => message.startsWith('Waiting for another engine'));
    expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
    first.signal('SIGKILL');
    await first.exited;
    await second.waitForLog('that it took over', ({ message }) => message === 'iii is ready');
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect(await runIii(['invoke', 'state::get', '{"scope":"g","key":"i"}'], { cwd: folder.path })).toMatchObject({ code: 0, stdout: expect.stringContaining('1') });
    expect(await second.stop()).toBe(0);
  }, limitMs);

  it('#17 iii --wait-lock=<ms> gives up with 73, and a signal ends the wait', async () => {
    await using folder = await appWithState();
    await using _first = await startIii({ cwd: folder.path });
    expect(await runIii(['--wait-lock=300'], { cwd: folder.path })).toMatchObject({ code: 73 });
    await using waiting = await startIii({ cwd: folder.path, args: ['--wait-lock'], waitReady: false });
    await waiting.waitForLog('that it waits', ({ message }) => message.startsWith('Waiting for another engine'));
    expect(await waiting.stop()).toBe(0);
  }, limitMs);

  it('G3 #12 a damaged file is exit 74, with the file and what to do, and it is left as it is', async () => {
    await using folder = await appWithState();
    const file = folder.file('data', 'motia.db');
    truncateSync(file, 5_000);
    const before = readFileSync(file);
    const result = await runIii([], { cwd: folder.path });
    expect(result.code).toBe(74);
    expect(result.stderr).toContain('MOTIA_STORE_UNREADABLE');
    expect(result.stderr).toContain(file);
    expect(result.stderr).toContain('backup');
    expect(readFileSync(file).equals(before)).toBe(true);
  }, limitMs);

  it('G3 #13 an empty file where there was data is exit 74', async () => {
    await using folder = await appWithState();
    truncateSync(folder.file('data', 'motia.db'), 0);
    expect(await runIii([], { cwd: folder.path })).toMatchObject({ code: 74, stderr: expect.stringContaining('it is empty, although') });
  }, limitMs);
});
