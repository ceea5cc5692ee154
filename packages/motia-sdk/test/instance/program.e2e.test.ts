import { writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { describe, expect, it, jest } from '@jest/globals';
import { installedApp, runCommand, until } from '../launcher/scripted-engine.js';

jest.setTimeout(30_000);

const motiaProgram = `
import { Motia, initIII, logger } from 'motia';
initIII({ serviceName: 'own' });
const motia = new Motia();
motia.addStream({ name: 'chat', schema: {}, onJoin: ({ groupId }) => ({ unauthorized: groupId !== 'open' }) }, './streams/chat.stream.ts');
motia.addStep({ name: 'Own', triggers: [{ type: 'http', method: 'POST', path: '/own' }] }, './steps/own.step.ts', async (req, ctx) => {
  console.log('printed');
  logger.info('logged');
  return { status: 200, body: { got: req.request.body, secret: process.env.SECRET, streams: Object.keys(motia.streams) } };
}, './steps/own.step.ts');
motia.authenticateStream = async ({ queryParams }) => ({ context: { user: queryParams.user?.[0] } });
motia.initialize();
`;
const plainProgram = `
import { getInstance } from 'motia';
const iii = getInstance();
iii.registerFunction({ id: 'acme::add' }, ({ a, b }) => a + b);
iii.registerTrigger({ type: 'queue', function_id: 'acme::add', config: { topic: 't' } });
`;

describe('a program of its own as a command of the engine', () => {
  it('serves what Motia put together, with what stands in .env', async () => {
    await using app = installedApp();
    writeFileSync(app.file('program.mjs'), motiaProgram);
    writeFileSync(app.file('.env'), 'SECRET="from a file"\nTAKEN=file\n');
    await using engine = runCommand('node program.mjs', { cwd: app.path, env: { TAKEN: 'environment' } });
    await engine.ready;
    expect(engine.functions.map(({ id }) => id)).toEqual(['steps::Own::trigger::http(POST /own)', 'motia::stream::join', 'motia::stream::authenticate', 'motia_step_get']);
    expect(await engine.call('Own', { n: 1 })).toMatchObject({ status: 200, body: { got: { n: 1 }, secret: 'from a file', streams: ['chat'] } });
    const ask = (functionId: string, payload: object): Promise<unknown> => engine.endpoint.invoke({ functionId, invocationId: functionId, timeoutMs: 5000 }, payload).result;
    expect(await ask('motia::stream::join', { stream_name: 'chat', group_id: 'closed' })).toEqual({ unauthorized: true });
    expect(await ask('motia::stream::authenticate', { headers: {}, query_params: { user: ['ada'] } })).toEqual({ context: { user: 'ada' } });
    await until(() => engine.logs.some(({ message }) => message === 'printed') && engine.logs.some(({ message }) => message === 'logged'), 'both lines arrive');
    expect(engine.faults).toBe(0);
  });

  it('serves what it registers itself', async () => {
    await using app = installedApp();
    writeFileSync(app.file('program.mjs'), plainProgram);
    await using engine = runCommand('node program.mjs', { cwd: app.path });
    await engine.ready;
    expect(engine.functions.map(({ id }) => id)).toEqual(['acme::add']);
    expect(await engine.endpoint.invoke({ functionId: 'acme::add', invocationId: 'i', timeoutMs: 5000 }, { a: 1, b: 2 }).result).toBe(3);
  });

  it('says how to run it when no engine does', async () => {
    await using app = installedApp();
    writeFileSync(app.file('program.mjs'), motiaProgram);
    const { III_ENGINE_PID: _pid, III_IPC_FDS: _fds, III_ENGINE_URL: _url, ...env } = process.env;
    const ended = spawnSync(process.execPath, ['program.mjs'], { cwd: app.path, encoding: 'utf8', env });
    expect([ended.status, ended.stderr]).toEqual([64, expect.stringContaining('MOTIA_SDK_NOT_UNDER_ENGINE')]);
  });
});

describe('.env', () => {
  it('is read before the Steps are loaded, and does not replace what is set', async () => {
    await using app = installedApp();
    writeFileSync(app.file('.env'), 'SECRET="from a file"\nTAKEN=file\n');
    writeFileSync(app.file('steps/env.step.ts'), `
      const { SECRET, TAKEN } = process.env;
      export const config = { name: 'env', triggers: [{ type: 'http', method: 'POST', path: '/env' }] };
      export const handler = () => ({ status: 200, body: { SECRET, TAKEN } });
    `);
    await using engine = runCommand('motia dev', { cwd: app.path, env: { TAKEN: 'environment' } });
    await engine.ready;
    expect(await engine.call('env')).toMatchObject({ body: { SECRET: 'from a file', TAKEN: 'environment' } });
  });
});
