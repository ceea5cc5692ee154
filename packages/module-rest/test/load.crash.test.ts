import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { stopwatch } from '@motia/tools/stopwatch';
import { startRest, type RestFixture } from './fixtures/start-rest.js';

const script = fileURLToPath(new URL('./fixtures/clients/sockets.mjs', import.meta.url));
const descriptors = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()) || 1_000_000;
/** Bounds are wide: they are to catch what grows without end or stops the loop, on a machine that does other things too. */
const probeLimitMs = 1_500;
const megabyte = 1024 ** 2;

interface Said {
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** A process with many sockets, and what it said. */
class Clients implements AsyncDisposable {
  readonly said: Said[] = [];
  readonly #child;
  #waiting: (() => void)[] = [];

  constructor(mode: string, port: number, count: number) {
    this.#child = spawn(process.execPath, [script, mode, String(port), String(count)], { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.said.push(JSON.parse(line) as Said);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.#child.on('exit', () => this.#waiting.splice(0).forEach((wake) => wake()));
  }

  async until(event: string): Promise<Said> {
    for (;;) {
      const found = this.said.find((one) => one.event === event);
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null) throw new Error(`the clients ended before "${event}"`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = new Promise((resolve) => (this.#child.exitCode === null ? this.#child.once('exit', resolve) : resolve(undefined)));
    this.#child.stdin.end();
    await exited;
  }
}

/** The slowest of the requests that are made, one after another, until `over`. */
async function probe(rest: RestFixture, over: Promise<unknown>): Promise<number> {
  let isOver = false;
  let slowestMs = 0;
  void over.finally(() => (isOver = true)).catch(() => undefined);
  do {
    const watch = stopwatch();
    expect((await rest.call('GET /hello')).text).toBe('hello');
    slowestMs = Math.max(slowestMs, watch.elapsedMs());
    await new Promise((resolve) => setTimeout(resolve, 20));
  } while (!isOver);
  await over;
  return slowestMs;
}

async function server(options: NonNullable<Parameters<typeof startRest>[0]>['options'] = {}): Promise<RestFixture> {
  const rest = await startRest({ options, mode: 'production' });
  await rest.route('GET /hello', () => ({ body: 'hello' }));
  await rest.route('POST /echo', () => ({ body: 'ok' }));
  await rest.route('GET /large', () => ({ body: Buffer.alloc(8 * megabyte) }));
  return rest;
}

/** Bytes in buffers after collections; several, for the ends of connections come in turns of their own. */
async function bytesLeft(enough: number): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 100; turn += 1) {
    collect();
    if (process.memoryUsage().arrayBuffers < enough) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().arrayBuffers;
}

function grownMb(before: number): number {
  return (process.memoryUsage().rss - before) / megabyte;
}

/** Says so where the machine allows too few descriptors. */
function sized(count: number): typeof it {
  if (descriptors >= count + 500) return it;
  process.stderr.write(`SKIPPED: ${count} connections need "ulimit -n" above ${count + 500}, it is ${descriptors}\n`);
  return it.skip as typeof it;
}

describe('under load', () => {
  sized(10_000)('10,000 idle connections cost little memory and no time', async () => {
    await using rest = await server({ server: { max_connections: 12_000, keep_alive_timeout_ms: 60_000 } });
    const before = process.memoryUsage().rss;
    await using clients = new Clients('idle', rest.port, 10_000);
    const opening = await probe(rest, clients.until('open'));
    const slowestMs = await probe(rest, new Promise((resolve) => setTimeout(resolve, 1_000)));
    process.stderr.write(`10,000 idle connections: +${grownMb(before).toFixed(0)} MB, slowest probe ${slowestMs.toFixed(0)} ms (${opening.toFixed(0)} ms while they came)\n`);
    expect(clients.said[0]).toMatchObject({ answered: 10_000, closed: 0 });
    expect(slowestMs).toBeLessThan(probeLimitMs);
    expect(grownMb(before)).toBeLessThan(500);
  }, 60_000);

  sized(8_000)('8,000 sockets with heads that never end are all told 408 on time (fault 52)', async () => {
    await using rest = await server({ server: { headers_timeout_ms: 3_000, connections_checking_interval_ms: 500 } });
    const before = process.memoryUsage().rss;
    await using clients = new Clients('slow', rest.port, 8_000);
    const slowestMs = await probe(rest, clients.until('closed'));
    const closed = await clients.until('closed');
    process.stderr.write(`8,000 slow heads: all closed, the last after ${Number(closed['longestMs']).toFixed(0)} ms, +${grownMb(before).toFixed(0)} MB, slowest probe ${slowestMs.toFixed(0)} ms\n`);
    expect(closed['refused']).toBe(8_000);
    expect(Number(closed['longestMs'])).toBeLessThan(12_000);
    expect(slowestMs).toBeLessThan(probeLimitMs);
    expect(grownMb(before)).toBeLessThan(500);
  }, 60_000);

  it('clients that stop reading are cut off, and hold nothing afterwards (fault 53)', async () => {
    await using rest = await server({ server: { write_timeout_ms: 500 } });
    await using clients = new Clients('deaf', rest.port, 20);
    await clients.until('open');
    const atPeak = process.memoryUsage().arrayBuffers;
    const slowestMs = await probe(rest, clients.until('closed'));
    const { largest } = await clients.until('closed');
    const left = await bytesLeft(32 * megabyte);
    process.stderr.write(`20 clients that stop reading 8 MB: ${(atPeak / megabyte).toFixed(0)} MB held at first, ${(left / megabyte).toFixed(0)} MB after they were cut, slowest probe ${slowestMs.toFixed(0)} ms\n`);
    // Each got what the kernel had taken of its response, and no more.
    expect(Number(largest)).toBeLessThan(8 * megabyte);
    expect(left).toBeLessThan(32 * megabyte);
    expect(slowestMs).toBeLessThan(probeLimitMs);
  }, 30_000);

  it('bodies of 1 GB are 413 after the limit, and memory stays flat (fault 54)', async () => {
    await using rest = await server();
    const before = process.memoryUsage().rss;
    await using clients = new Clients('endless', rest.port, 4);
    const slowestMs = await probe(rest, clients.until('closed'));
    const answers = clients.said.filter(({ event }) => event === 'answer');
    process.stderr.write(`4 bodies of 1 GB: cut after ${answers.map(({ sent }) => `${(Number(sent) / megabyte).toFixed(0)} MB`).join(', ')}, +${grownMb(before).toFixed(0)} MB, slowest probe ${slowestMs.toFixed(0)} ms\n`);
    expect(answers.map(({ status }) => status)).toEqual([413, 413, 413, 413]);
    expect(Math.max(...answers.map(({ sent }) => Number(sent)))).toBeLessThan(200 * megabyte);
    expect(grownMb(before)).toBeLessThan(200);
    expect(slowestMs).toBeLessThan(probeLimitMs);
  }, 30_000);

  it('gzip bombs are 413 before they have grown (fault 54)', async () => {
    await using rest = await server();
    const before = process.memoryUsage().rss;
    await using clients = new Clients('bomb', rest.port, 20);
    const slowestMs = await probe(rest, clients.until('closed'));
    const answers = clients.said.filter(({ event }) => event === 'answer');
    process.stderr.write(`20 gzip bombs of 256 MB: +${grownMb(before).toFixed(0)} MB, slowest probe ${slowestMs.toFixed(0)} ms\n`);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 413));
    expect(grownMb(before)).toBeLessThan(300);
    expect(slowestMs).toBeLessThan(probeLimitMs);
  }, 30_000);
});
