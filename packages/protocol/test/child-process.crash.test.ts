import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createEndpoint, nodeStreamTransport } from '../src/index.js';
import type { Endpoint, EndpointEvents, EndpointLimits } from '../src/index.js';
import { invocation, until } from './connected-pair.js';

const worker = fileURLToPath(new URL('fixtures/worker.mjs', import.meta.url));
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

interface Started {
  readonly child: ChildProcess;
  readonly endpoint: Endpoint;
}

function start(command: string, args: string[], stdio: StdioOptions, pipes: [read: number, write: number], options: { events?: EndpointEvents; limits?: Partial<EndpointLimits> } = {}): Started {
  const child = spawn(command, args, { stdio });
  children.push(child);
  const endpoint = createEndpoint(nodeStreamTransport(child.stdio[pipes[0]] as Readable, child.stdio[pipes[1]] as Writable), { role: 'engine', ...options });
  endpoint.listen();
  return { child, endpoint };
}
const onStdio = (options: { events?: EndpointEvents; limits?: Partial<EndpointLimits> } = {}) => start(process.execPath, [worker, '0', '1'], ['pipe', 'pipe', 'inherit'], [1, 0], options);

describe('a worker in its own process', () => {
  it('answers over its stdin and stdout and exits 0 when its stdin ends', async () => {
    const { child, endpoint } = onStdio();
    const big = 'é'.repeat(300_000);
    expect(await endpoint.invoke(invocation('echo'), { big }).result).toEqual({ big });
    endpoint.close();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('answers over fds 3 and 4 through a shell, while its stdout stays its own', async () => {
    const { child, endpoint } = start('sh', ['-c', `"${process.execPath}" "${worker}" 3 4; exit $?`], ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'], [4, 3]);
    const output: string[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    expect(await endpoint.invoke(invocation('print'), 'Content-Length: 3\r\n\r\n').result).toBe('printed');
    expect(await endpoint.invoke(invocation('echo'), 1).result).toBe(1);
    await until(() => output.length > 0);
    expect([output.join(''), endpoint.counters.faults]).toEqual(['Content-Length: 3\r\n\r\n', 0]);
    endpoint.close();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('that prints on the protocol stream harms no call', async () => {
    const lines: string[] = [];
    const { endpoint } = onStdio({ events: { onText: (line) => lines.push(line) } });
    const calls = Array.from({ length: 200 }, (_, i) => endpoint.invoke(invocation(i % 2 === 0 ? 'print' : 'echo'), `line ${i}\n`).result);
    const results = await Promise.all(calls);
    expect(results.filter((result) => result === 'printed').length).toBe(100);
    expect(lines).toEqual(Array.from({ length: 100 }, (_, i) => `line ${i * 2}`));
    expect(endpoint.counters.faults).toBe(0);
    endpoint.close();
  });

  it('that dies fails what it did not answer, and only that', async () => {
    const closed: unknown[] = [];
    const { child, endpoint } = onStdio({ events: { onClose: (error) => closed.push(error) } });
    await endpoint.invoke(invocation('echo'), 1).result;
    const waiting = endpoint.invoke(invocation('wait'), 1).result.catch((error: { code: string }) => error.code);
    const answered = endpoint.invoke(invocation('die'), 'last words').result;
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    // Writing to the dead worker must not lose the answer that is still in the pipe.
    const late = endpoint.invoke(invocation('echo'), 'x'.repeat(200_000)).result.catch((error: { code: string }) => error.code);
    expect(signal).toBe('SIGKILL');
    expect(await answered).toBe('last words');
    expect(await Promise.all([waiting, late])).toEqual(['MOTIA_PROTOCOL_CONNECTION_CLOSED', 'MOTIA_PROTOCOL_CONNECTION_CLOSED']);
    await until(() => closed.length === 1);
  });

  it('that is stopped fills a bounded buffer, refuses further calls, and answers the accepted ones when it goes on', async () => {
    const { child, endpoint } = onStdio({ limits: { maxBufferedBytes: 1_000_000, maxPendingCalls: 10_000 } });
    const pid = (await endpoint.invoke(invocation('pid'), undefined).result) as number;
    expect(pid).toBe(child.pid);
    process.kill(pid, 'SIGSTOP');
    const outcomes: Promise<string>[] = [];
    for (let i = 0; i < 5000; i++) {
      const payload = 'x'.repeat(1000);
      outcomes.push(endpoint.invoke(invocation('echo'), payload).result.then((value) => (value === payload ? 'answered' : 'wrong'), (error: { code: string }) => error.code));
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(endpoint.bufferedBytes).toBeLessThan(1_200_000);
    }
    process.kill(pid, 'SIGCONT');
    const counts = new Map<string, number>();
    for (const outcome of await Promise.all(outcomes)) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual(['MOTIA_PROTOCOL_BACKPRESSURE', 'answered']);
    expect(counts.get('answered')).toBeGreaterThan(500);
    expect(endpoint.bufferedBytes).toBe(0);
    endpoint.close();
    await once(child, 'exit');
  });
});

describe('a socket', () => {
  let server: Server;

  afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

  it('carries both sides, and ends one when the other closes', async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = new Socket().connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [socket] = await accepted;
    const closed: string[] = [];
    const engine = createEndpoint(nodeStreamTransport(socket, socket), { role: 'engine', events: { onClose: () => closed.push('engine') } });
    const remote = createEndpoint(nodeStreamTransport(client, client), { role: 'worker', events: { onClose: () => closed.push('worker') } });
    remote.onInvoke(({ payload }) => payload);
    engine.listen();
    remote.listen();
    const payloads = Array.from({ length: 500 }, (_, i) => ({ i, text: 'ü'.repeat(i) }));
    expect(await Promise.all(payloads.map((payload) => engine.invoke(invocation('echo'), payload).result))).toEqual(payloads);
    remote.close();
    await until(() => closed.length === 2 && socket.destroyed && client.destroyed);
    expect(closed).toEqual(['worker', 'engine']);
  });
});
