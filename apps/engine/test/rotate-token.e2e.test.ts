import { readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEndpoint, nodeStreamTransport, PROTOCOL_VERSION, type Endpoint } from '@motia/protocol';
import { temporaryFolder } from '@motia/tools/testing';
import { runIii, startIii, type RunningEngine } from './harness/running-engine.js';

const first = 'the-first-token-of-all';
const own = 'a-token-of-our-own-choice';

/** A process that connects to the worker socket with a token. */
async function comeWith(url: string, token: string): Promise<{ readonly endpoint: Endpoint; readonly welcome: Promise<unknown>; readonly closed: Promise<unknown>; close(): void }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  const endpoint = createEndpoint(nodeStreamTransport(socket, socket), { role: 'worker' });
  endpoint.listen();
  const welcome = endpoint.request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk: { name: 'test', version: '0', language: 'none' }, token });
  welcome.catch(() => undefined);
  return { endpoint, welcome, closed, close: () => void (endpoint.close(), socket.destroy()) };
}

describe('iii workers token rotate', () => {
  const folder = temporaryFolder('iii-token');
  let engine: RunningEngine;
  let url: string;
  beforeAll(async () => {
    writeFileSync(folder.file('token'), first, { mode: 0o600 });
    writeFileSync(folder.file('config.yaml'), 'modules:\n  - class: modules::worker::WorkerModule\n    config: { port: 0, token_file: token }\n');
    engine = await startIii({ cwd: folder.path });
    url = engine.url;
  }, 60_000);
  afterAll(async () => {
    await engine.stop();
    await folder.remove();
  });
  const iii = (...words: string[]) => runIii(['workers', 'token', 'rotate', ...words, '-c', engine.config], { cwd: folder.path });
  async function outcome(token: string): Promise<string> {
    const guest = await comeWith(url, token);
    const code = await guest.welcome.then(() => 'taken', (error: unknown) => (error as { code: string }).code);
    guest.close();
    return code;
  }

  it('§4.19 prints a new token and writes it to the file; the former one is refused, and who is connected stays', async () => {
    const connected = await comeWith(url, first);
    await connected.welcome;
    const { code, stdout, stderr } = await iii();
    const token = stdout.trim();
    expect([code, stdout]).toEqual([0, `${token}\n`]);
    expect(token).toHaveLength(43);
    expect(stderr).toContain('1 connected worker: they stay');
    expect(readFileSync(folder.file('token'), 'utf8')).toBe(stdout);
    expect([await outcome(first), await outcome(token)]).toEqual(['MOTIA_ENGINE_WORKER_UNAUTHORIZED', 'taken']);
    expect(await connected.endpoint.invoke({ functionId: 'engine::workers::list', invocationId: 'still-there', timeoutMs: 5_000 }, {}).result).toMatchObject({ workers: expect.any(Array) as unknown });
    expect(await engine.waitForLog('the change to be told', ({ message }) => message === 'The token of remote workers was changed')).toMatchObject({ level: 'warn', fields: { connected: 1, isKept: true } });
    expect(JSON.stringify(engine.logs)).not.toContain(token);
    connected.close();
  });

  it('§4.19 is refused to a worker, which would learn the new token', async () => {
    const worker = await comeWith(url, readFileSync(folder.file('token'), 'utf8').trim());
    await worker.welcome;
    const before = readFileSync(folder.file('token'), 'utf8');
    await expect(worker.endpoint.invoke({ functionId: 'engine::control::rotate_worker_token', invocationId: 'theft', timeoutMs: 5_000 }, {}).result).rejects.toMatchObject({ code: 'MOTIA_ENGINE_COMMAND_ONLY' });
    expect(readFileSync(folder.file('token'), 'utf8')).toBe(before);
    worker.close();
  });

  it('§4.19 takes a token of ours from standard input, lets the former one in for its grace, and then lets go who came with it', async () => {
    const former = readFileSync(folder.file('token'), 'utf8').trim();
    const guest = await comeWith(url, former);
    await guest.welcome;
    const { code, stdout, stderr } = await runIii(['workers', 'token', 'rotate', '-', '--grace', '1500', '--disconnect', '-c', engine.config], { cwd: folder.path, stdin: `${own}\n` });
    expect([code, stdout]).toEqual([0, `${own}\n`]);
    expect(stderr).toContain('for 1500 ms more');
    expect(await outcome(own)).toBe('taken');
    await guest.closed;
    expect(await outcome(former)).toBe('MOTIA_ENGINE_WORKER_UNAUTHORIZED');
    guest.close();
  });

  it('says so when an engine has no remote workers, or nobody runs', async () => {
    await using elsewhere = temporaryFolder('iii-token');
    writeFileSync(elsewhere.file('config.yaml'), 'modules:\n  - class: modules::api::RestApiModule\n    config: { port: 0 }\n');
    expect(await runIii(['workers', 'token', 'rotate', '-c', 'config.yaml'], { cwd: elsewhere.path })).toMatchObject({ code: 70, stdout: '', stderr: expect.stringContaining('MOTIA_ENGINE_NOT_RUNNING') as unknown });
    await using plain = await startIii({ cwd: elsewhere.path });
    expect(await runIii(['workers', 'token', 'rotate', '-c', plain.config], { cwd: elsewhere.path })).toMatchObject({ code: 70, stdout: '', stderr: expect.stringContaining('MOTIA_ENGINE_NO_REMOTE_WORKERS') as unknown });
  }, 60_000);
});
