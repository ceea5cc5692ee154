/**
 * Round trips over the stdin and stdout of a real child process: this package against stock vscode-jsonrpc.
 * `measureStdio(options)` runs the contenders interleaved and answers one row per cell and round.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createEndpoint, nodeStreamTransport, WireValue } from '@motia/protocol';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { payloadOf } from './payloads.mjs';

const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));
const params = (invocation) => ({
  functionId: 'orders.create',
  invocationId: `0f3b9c2e7a5d4810b6f1e2d3c4a5${(invocation % 10000).toString().padStart(4, '0')}`,
  timeoutMs: 30000,
  trace: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
});

/** Contenders by name: each opens a child and answers `{ call(), cpu(), close() }`. */
export const contenders = {
  /** vscode-jsonrpc 10 as it comes, on both sides. */
  stock(size) {
    const child = open('stock');
    const connection = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
    connection.listen();
    const payload = payloadOf(size);
    let invocation = 0;
    return {
      call: () => connection.sendRequest('functions/invoke', { ...params(++invocation), payload }),
      cpu: () => connection.sendRequest('cpu'),
      close: () => close(child, () => connection.dispose()),
    };
  },
  /** Ours with plain JSON payloads. */
  motia: (size) => openMotia(() => payloadOf(size), {}),
  /** Ours as the engine forwards HTTP bodies: neither parsed nor stringified in the engine. */
  'motia-raw'(size) {
    const bytes = Buffer.from(JSON.stringify(payloadOf(size)));
    return openMotia(() => new WireValue('{"path":"/orders"}', { at: '/body', as: 'json', bytes }), { wireResult: true });
  },
};

function openMotia(payload, options) {
  const child = open('motia');
  const endpoint = createEndpoint(nodeStreamTransport(child.stdout, child.stdin), { role: 'engine' });
  endpoint.setNegotiated({ rawBodies: true, rawThresholdBytes: 1024 });
  endpoint.listen();
  let invocation = 0;
  return {
    call: () => endpoint.invoke(params(++invocation), payload(), options).result,
    cpu: () => endpoint.invoke({ functionId: 'cpu', invocationId: 'cpu' }, undefined).result,
    close: () => close(child, () => endpoint.close()),
  };
}

function open(kind) {
  return spawn(process.execPath, [worker, kind], { stdio: ['pipe', 'pipe', 'inherit'] });
}

function close(child, hangUp) {
  return new Promise((resolve) => {
    child.once('exit', resolve);
    hangUp();
    child.stdin.end();
  });
}

/** Keeps `concurrency` calls in flight for `durationMs` and answers rates, latencies and CPU per round trip. */
export async function measure(contender, { concurrency, durationMs }) {
  const latencies = [];
  const workerBefore = await contender.cpu();
  const engineBefore = process.cpuUsage();
  const started = performance.now();
  const until = started + durationMs;
  const lane = async () => {
    for (;;) {
      const begun = performance.now();
      if (begun >= until) return;
      await contender.call();
      latencies.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const seconds = (performance.now() - started) / 1000;
  const engine = process.cpuUsage(engineBefore);
  const workerAfter = await contender.cpu();
  latencies.sort((a, b) => a - b);
  const perCall = (cpu) => (cpu.user + cpu.system) / latencies.length;
  const quantile = (q) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] * 1000;
  return {
    roundTripsPerSecond: latencies.length / seconds,
    p50Us: quantile(0.5),
    p99Us: quantile(0.99),
    engineCpuUs: perCall(engine),
    workerCpuUs: perCall({ user: workerAfter.user - workerBefore.user, system: workerAfter.system - workerBefore.system }),
  };
}

/**
 * @param {{ sizes?: string[], concurrencies?: number[], names?: string[], rounds?: number, durationMs?: number, warmUpMs?: number }} [options]
 * @returns {Promise<{ name: string, size: string, concurrency: number, round: number, roundTripsPerSecond: number, p50Us: number, p99Us: number, engineCpuUs: number, workerCpuUs: number }[]>}
 */
export async function measureStdio({
  sizes = ['200B', '10KB'],
  concurrencies = [1, 16, 64, 256],
  names = Object.keys(contenders),
  rounds = 5,
  durationMs = 1000,
  warmUpMs = 400,
} = {}) {
  const rows = [];
  for (const size of sizes) {
    const open = names.filter((name) => size !== '200B' || name !== 'motia-raw').map((name) => ({ name, contender: contenders[name](size) }));
    for (const { contender } of open) await measure(contender, { concurrency: 64, durationMs: warmUpMs });
    for (const concurrency of concurrencies) {
      for (let round = 0; round < rounds; round++) {
        const order = round % 2 === 0 ? open : [...open].reverse();
        for (const { name, contender } of order) rows.push({ name, size, concurrency, round, ...(await measure(contender, { concurrency, durationMs })) });
      }
    }
    for (const { contender } of open) await contender.close();
  }
  return rows;
}

/** Median of a column, and the median of its ratio to another contender within each round. */
export function summarise(rows, { name, size, concurrency, column, against }) {
  const of = (who) => rows.filter((row) => row.name === who && row.size === size && row.concurrency === concurrency);
  const values = of(name).map((row) => row[column]);
  const ratios = against === undefined ? [] : of(name).map((row) => row[column] / of(against).find((other) => other.round === row.round)[column]);
  return { median: median(values), ratio: against === undefined ? undefined : { min: Math.min(...ratios), median: median(ratios), max: Math.max(...ratios) } };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
