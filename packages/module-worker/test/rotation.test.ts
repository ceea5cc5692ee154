import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { WorkerListenerRef } from '@motia/engine-core/contract';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { worker } from '../src/index.js';
import { WorkerTokens } from '../src/worker-tokens.js';
import { gate, startEngine, until } from './fixtures/engine.js';
import { SocketWorker } from './fixtures/socket-worker.js';

const first = 'the-first-token-of-all';
const second = 'the-second-token-of-all';
const rotate = (engine: Awaited<ReturnType<typeof startEngine>>, rotation = {}) => engine.host.service(WorkerListenerRef).rotateToken(rotation);
async function outcome(address: string, token: string): Promise<string> {
  await using guest = await SocketWorker.open(address);
  return await guest.initialize({ token }).then(() => 'taken', (error: unknown) => (error as { code: string }).code);
}

describe('§4.19 a token that is changed', () => {
  it('counts at once: the former one is refused, and who is connected stays', async () => {
    await using engine = await startEngine({ token: first });
    await using guest = await SocketWorker.open(engine.address);
    await guest.join({ 'job::run': () => 'done' }, { token: first });
    expect(await rotate(engine, { token: second })).toEqual({ token: second, isKept: false, connected: 1 });
    expect([await outcome(engine.address, first), await outcome(engine.address, second)]).toEqual(['MOTIA_ENGINE_WORKER_UNAUTHORIZED', 'taken']);
    expect(await engine.host.functions.invoke('job::run', {})).toBe('done');
  });

  it('is made up when none is given, another one each time', async () => {
    await using engine = await startEngine({ token: first });
    const tokens = [(await rotate(engine)).token, (await rotate(engine)).token];
    expect(tokens).toEqual([expect.stringMatching(/^[\w-]{43}$/), expect.stringMatching(/^[\w-]{43}$/)]);
    expect(new Set(tokens).size).toBe(2);
    expect(await outcome(engine.address, tokens[1] as string)).toBe('taken');
  });

  it('lets those go that came with a former one, if it is told to, when their calls are done', async () => {
    await using engine = await startEngine({ token: first });
    const calls = gate();
    await using former = await SocketWorker.open(engine.address);
    await former.join({ 'job::run': () => calls.opened.then(() => 'done') }, { token: first });
    const running = engine.host.functions.invoke('job::run', {});
    await rotate(engine, { token: second, disconnects: true });
    await using newer = await SocketWorker.open(engine.address);
    await newer.join({ 'job::other': () => 'other' }, { token: second });
    await until('the former one to be drained', () => engine.host.logs.messages('info').some((message) => message.includes('former token')));
    calls.open();
    expect(await running).toBe('done');
    await former.closed();
    expect(await engine.host.functions.invoke('job::other', {})).toBe('other');
  });

  it('is written to its file first, for its owner alone, and read from there by the next start', async () => {
    await using folder = temporaryFolder('worker-token');
    const file = folder.file('token');
    writeFileSync(file, `${first}\n`, { mode: 0o600 });
    {
      await using engine = await startEngine({ token_file: file });
      expect(await outcome(engine.address, first)).toBe('taken');
      expect(await rotate(engine, { token: second })).toMatchObject({ isKept: true });
      expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777, readdirSync(folder.path)]).toEqual([`${second}\n`, 0o600, ['token']]);
    }
    await using again = await startEngine({ token_file: file });
    expect([await outcome(again.address, second), await outcome(again.address, first)]).toEqual(['taken', 'MOTIA_ENGINE_WORKER_UNAUTHORIZED']);
  });

  it('follows a link to its file, and says when others may read it', async () => {
    await using folder = temporaryFolder('worker-token');
    writeFileSync(folder.file('secret'), first);
    chmodSync(folder.file('secret'), 0o644);
    symlinkSync(folder.file('secret'), folder.file('token'));
    await using engine = await startEngine({ token_file: folder.file('token') });
    expect(engine.host.logs.messages('warn')).toEqual([expect.stringContaining('chmod 600')]);
    await rotate(engine, { token: second });
    expect(readFileSync(folder.file('secret'), 'utf8')).toBe(`${second}\n`);
  });

  it('changes nothing when its file cannot be written', async () => {
    await using folder = temporaryFolder('worker-token');
    writeFileSync(folder.file('token'), first, { mode: 0o600 });
    await using engine = await startEngine({ token_file: folder.file('token') });
    await folder.remove();
    await expect(rotate(engine, { token: second })).rejects.toMatchObject({ code: 'MOTIA_WORKER_TOKEN_FILE_UNUSABLE', details: { reason: 'ENOENT' } });
    expect(await outcome(engine.address, first)).toBe('taken');
  });

  it('needs to be one', async () => {
    await using open = await startEngine();
    await expect(rotate(open)).rejects.toMatchObject({ code: 'MOTIA_WORKER_TOKEN_NOT_USED' });
    await using engine = await startEngine({ token: first });
    for (const wrong of [{ token: 'too-short' }, { token: ` ${second}` }, { graceMs: -1 }, { graceMs: 604_800_001 }]) await expect(rotate(engine, wrong)).rejects.toMatchObject({ code: 'MOTIA_WORKER_ROTATION_INVALID' });
    expect(await outcome(engine.address, first)).toBe('taken');
  });

  it('ends a start whose file is missing, empty, or named beside `token`', async () => {
    await using folder = temporaryFolder('worker-token');
    writeFileSync(folder.file('empty'), '\n');
    for (const options of [{ token_file: folder.file('none') }, { token_file: folder.file('empty') }, { token_file: folder.file('none'), token: first }]) {
      await expect(startTestHost([worker({ port: 0, ...options })])).rejects.toMatchObject({ details: { codes: ['MOTIA_WORKER_TOKEN_FILE_UNUSABLE'] } });
    }
  });
});

describe('WorkerTokens', () => {
  it('takes former tokens for their time, which a further rotation does not make longer', async () => {
    const clock = new ManualClock();
    const tokens = new WorkerTokens('a', clock);
    tokens.rotate('b', 1_000);
    expect(['a', 'b'].map((token) => tokens.versionOf(token))).toEqual([1, 2]);
    await clock.advance(500);
    tokens.rotate('c', 10_000);
    expect(['a', 'b', 'c'].map((token) => tokens.versionOf(token))).toEqual([1, 2, 3]);
    await clock.advance(500);
    expect(['a', 'b', 'c'].map((token) => tokens.versionOf(token))).toEqual([undefined, 2, 3]);
    expect([1, 2, 3].map((version) => tokens.isTaken(version))).toEqual([false, true, true]);
    await clock.advance(9_500);
    expect(['b', 'c'].map((token) => tokens.versionOf(token))).toEqual([undefined, 3]);
  });

  it('says yes to a token that is set again', () => {
    const tokens = new WorkerTokens('a', new ManualClock());
    tokens.rotate('b', 0);
    tokens.rotate('a', 0);
    expect(['a', 'b'].map((token) => tokens.versionOf(token))).toEqual([3, undefined]);
  });
});
