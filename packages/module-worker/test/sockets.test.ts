import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWithTools, temporaryFolder } from '@motia/tools/testing';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { worker } from '../src/index.js';
import { listenPlan } from '../src/listen-plan.js';
import { startEngine } from './fixtures/engine.js';
import { SocketWorker } from './fixtures/socket-worker.js';

const folder = temporaryFolder('worker-sockets');
afterAll(() => folder.remove());

async function startFailure(options: Parameters<typeof worker>[0]): Promise<{ code: string; message: string; details: unknown; hint?: string }> {
  const error = (await startTestHost([worker(options)]).then(() => undefined, (thrown: unknown) => thrown)) as { code: string; cause?: unknown } | undefined;
  for (let current = error as { code?: string; cause?: unknown; errors?: unknown[] } | undefined; current !== undefined; current = (current.cause ?? current.errors?.[0]) as never) {
    if (current.code?.startsWith('MOTIA_WORKER_') === true) return current as never;
  }
  throw new Error(`no worker error in ${String(error)}`);
}

describe('where it listens', () => {
  it('is loopback and port 49134, or what the options say', () => {
    expect(listenPlan({}, '/srv')).toEqual({ tcp: { port: 49_134, host: undefined }, isLocalOnly: true });
    expect(listenPlan({ socket_path: 'run/iii.sock' }, '/srv')).toEqual({ socketPath: '/srv/run/iii.sock', isLocalOnly: true });
    expect(listenPlan({ port: 1, socket_path: '/x' }, '/srv')).toEqual({ tcp: { port: 1, host: undefined }, socketPath: '/x', isLocalOnly: true });
    expect(listenPlan({ host: '10.0.0.1' }, '/srv')).toEqual({ tcp: { port: 49_134, host: '10.0.0.1' }, isLocalOnly: false });
  });

  it.each([['localhost', true], ['127.8.9.1', true], ['::1', true], ['0.0.0.0', false], ['::', false], ['app.localhost', false], ['example.com', false]])(
    'knows whether only this machine reaches %s: %s', (host, expected) => expect(listenPlan({ host }, '/srv').isLocalOnly).toBe(expected),
  );
});

describe('a port that is taken', () => {
  it('#51 G3 ends the start, naming port, module and the process that has it', async () => {
    await using first = await startEngine();
    const port = Number(new URL(first.address).port);
    const error = await startFailure({ port });
    expect(error).toMatchObject({ code: 'MOTIA_WORKER_PORT_IN_USE', details: { port, host: '127.0.0.1', module: 'worker', pid: process.pid } });
    expect(error.message).toContain(`by process ${process.pid}`);
  });

  it('#51 says that an outgoing connection may hold it when the port lies in their range', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
    const error = await startFailure({ port: client.localPort as number });
    expect(error.code).toBe('MOTIA_WORKER_PORT_IN_USE');
    expect(error.message).toMatch(/lies in the range that this system gives to outgoing connections \(\d+-\d+\).*No program listens on it/);
    expect(error.hint).toContain('set another `port`');
    client.destroy();
    server.close();
    await once(server, 'close');
  });
});

describe('a unix socket', () => {
  it('serves workers, for its owner alone unless the mode says otherwise, and is gone afterwards', async () => {
    const path = folder.file('own.sock');
    const engine = await startEngine({ socket_path: path }, {});
    expect(engine.addresses).toEqual([`unix://${path}`]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const guest = await SocketWorker.open(engine.address);
    await guest.join({ 'job::run': () => 'over a unix socket' });
    expect(await engine.host.functions.invoke('job::run', {})).toBe('over a unix socket');
    await guest[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
    expect(() => statSync(path)).toThrow('ENOENT');
    await using shared = await startEngine({ socket_path: path, socket_mode: '0660' });
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(shared.addresses).toEqual([expect.stringMatching(/^tcp:/), `unix://${path}`]);
  });

  it('of a living engine is left alone, and so is a file of that name', async () => {
    const path = folder.file('taken.sock');
    await using first = await startEngine({ socket_path: path });
    expect(await startFailure({ port: 0, socket_path: path })).toMatchObject({ code: 'MOTIA_WORKER_SOCKET_IN_USE', message: expect.stringContaining('another program listens on it') as unknown as string });
    expect(first.addresses).toHaveLength(2);
    const file = folder.file('notes.txt');
    writeFileSync(file, 'keep me');
    expect(await startFailure({ port: 0, socket_path: file })).toMatchObject({ code: 'MOTIA_WORKER_SOCKET_IN_USE', message: expect.stringContaining('no socket') as unknown as string });
    expect(readFileSync(file, 'utf8')).toBe('keep me');
  });

  it('that a dead engine left behind is taken over', async () => {
    const path = folder.file('stale.sock');
    const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(spawnSync(process.execPath, ['-e', program], { env: { ...process.env, NODE_OPTIONS: '' } }).signal).toBe('SIGKILL');
    expect(statSync(path).isSocket()).toBe(true);
    await using engine = await startEngine({ socket_path: path }, {});
    await using guest = await SocketWorker.open(engine.address);
    await guest.initialize();
  });

  it('whose folder does not exist ends the start', async () => {
    expect(await startFailure({ socket_path: folder.file('no/such/folder.sock') })).toMatchObject({ code: 'MOTIA_WORKER_LISTEN_FAILED', message: expect.stringMatching(/folder\.sock: there is no folder .*such\.$/) as unknown as string });
  });
});

describeWithTools(['openssl'], 'TLS', () => {
  const file = (name: string): string => folder.file(name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
  beforeAll(() => {
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', file('key.pem'), '-out', file('cert.pem'));
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=other', '-keyout', file('other-key.pem'), '-out', file('other-cert.pem'));
  });

  it('carries workers, and nobody connects without it', async () => {
    await using engine = await startEngine({ tls: { cert_file: file('cert.pem'), key_file: file('key.pem') } });
    expect(engine.address).toMatch(/^tls:/);
    await using guest = await SocketWorker.open(engine.address, { ca: readFileSync(file('cert.pem')) });
    await guest.join({ 'job::run': () => 'in private' });
    expect(await engine.host.functions.invoke('job::run', {})).toBe('in private');
    await using plain = await SocketWorker.open(engine.address.replace('tls:', 'tcp:'));
    await expect(plain.initialize()).rejects.toThrow('closed');
  });

  it('in the middle of a handshake keeps no engine from stopping', async () => {
    const engine = await startEngine({ tls: { cert_file: file('cert.pem'), key_file: file('key.pem') } });
    const socket = connect(Number(new URL(engine.address).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const begunAtMs = performance.now();
    await engine[Symbol.asyncDispose]();
    expect(performance.now() - begunAtMs).toBeLessThan(2_000);
    if (!socket.destroyed) await once(socket, 'close');
  });

  it('#32 counts towards the time that a worker has to be ready', async () => {
    const clock = new ManualClock();
    await using engine = await startEngine({ handshake_timeout_ms: 10_000, tls: { cert_file: file('cert.pem'), key_file: file('key.pem') } }, { port: 0 }, clock);
    const ca = readFileSync(file('cert.pem'));
    const socket = connect(Number(new URL(engine.address).port), '127.0.0.1');
    await once(socket, 'connect');
    // Connections are taken in their order: the first one is known when the second is served.
    await using other = await SocketWorker.open(engine.address, { ca });
    await other.join({});
    await clock.advance(6_000);
    await using slow = await SocketWorker.over(socket, { ca, host: 'localhost' });
    await slow.initialize();
    expect(slow.isClosed).toBe(false);
    await clock.advance(4_000);
    await slow.closed();
  });

  it('asks for a certificate of its own authority where one is named, which stands in for the token', async () => {
    await using engine = await startEngine({ host: '0.0.0.0', tls: { cert_file: file('cert.pem'), key_file: file('key.pem'), client_ca_file: file('cert.pem') } });
    const address = engine.address.replace('0.0.0.0', '127.0.0.1');
    const ca = readFileSync(file('cert.pem'));
    await using guest = await SocketWorker.open(address, { ca, cert: ca, key: readFileSync(file('key.pem')) });
    await guest.join({ 'job::run': () => 1 });
    await using stranger = await SocketWorker.open(address, { ca, cert: readFileSync(file('other-cert.pem')), key: readFileSync(file('other-key.pem')) });
    await expect(stranger.initialize()).rejects.toThrow('closed');
  });

  it('with files that are missing or do not belong together ends the start', async () => {
    expect(await startFailure({ port: 0, tls: { cert_file: file('nope.pem'), key_file: file('key.pem') } })).toMatchObject({ code: 'MOTIA_WORKER_TLS_UNREADABLE', message: expect.stringContaining('tls.cert_file') as unknown as string });
    expect(await startFailure({ port: 0, tls: { cert_file: file('cert.pem'), key_file: file('other-key.pem') } })).toMatchObject({ code: 'MOTIA_WORKER_TLS_UNREADABLE' });
  });
});
