/**
 * What the engine itself adds to a call: in-process dispatch, and the round trip to a worker over an in-memory pair
 * (two endpoints in this process, so both sides' CPU is counted). Run: `npm run bench -w @motia/engine-core`.
 */
import { createEndpoint, createMemoryTransportPair, PROTOCOL_VERSION } from '@motia/protocol';
import { createKernel } from '../src/kernel.js';
import { systemClock } from '../src/system/system-clock.js';
import { memoryLogger } from '../src/testing/memory-logger.js';

const log = memoryLogger();
const kernel = createKernel({ clock: systemClock, logger: log, logs: log, engine: { name: 'iii', version: 'bench' } });
const payload = { query_params: {}, path_params: { id: '42' }, headers: { host: 'localhost' }, path: '/users/:id', method: 'GET' };
const answer = { status_code: 200, body: { id: '42' } };

kernel.functions.register({ id: 'sync' }, () => answer);
kernel.functions.register({ id: 'async' }, async () => answer);
kernel.functions.register({ id: 'traced' }, (_payload, call) => call.trace);
kernel.functions.register({ id: 'nested' }, (input, call) => kernel.functions.open('sync', input, { parent: call }).result);

const [engineSide, workerSide] = createMemoryTransportPair();
const handle = kernel.workers.attach(engineSide, { owner: 'bench', label: 'bench', heartbeatIntervalMs: 0 });
const worker = createEndpoint(workerSide, { role: 'worker' });
worker.onInvoke(() => answer);
worker.listen();
await worker.request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk: { name: 'bench', version: '1', language: 'node' } });
await worker.request('functions/register', { functions: [{ id: 'remote' }] });
await worker.request('ready', {});
await handle.registered;

const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
const trigger = { id: 'trg_1', type: 'http' };

interface Case {
  readonly name: string;
  readonly calls: number;
  run(calls: number): Promise<void>;
}

const inTurn = (name: string, functionId: string, options?: Parameters<typeof kernel.functions.open>[2]): Case => ({
  name,
  calls: 200_000,
  async run(calls) {
    for (let call = 0; call < calls; call += 1) await kernel.functions.open(functionId, payload, options).result;
  },
});
const atOnce = (name: string, inFlight: number): Case => ({
  name,
  calls: 60_000,
  async run(calls) {
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        for (let call = 0; call < calls / inFlight; call += 1) await kernel.functions.open('remote', payload, { trace, trigger, wireResult: true }).result;
      }),
    );
  },
});

const cases: readonly Case[] = [
  inTurn('in process, sync handler', 'sync'),
  inTurn('in process, async handler', 'async'),
  inTurn('in process, async handler, trace and trigger given', 'async', { trace, trigger, timeoutMs: 30_000 }),
  inTurn('in process, handler that reads its trace', 'traced', { trace }),
  inTurn('in process, one nested call', 'nested'),
  atOnce('worker, in memory, 64 in flight (both endpoints)', 64),
  {
    name: 'protocol alone, in memory, 64 in flight (both endpoints)',
    calls: 60_000,
    run: protocolAlone,
  },
];

/** The same frames without the engine: what is left of the row above is the engine's own. */
async function protocolAlone(calls: number): Promise<void> {
  const [left, right] = createMemoryTransportPair();
  const client = createEndpoint(left, { role: 'engine' });
  const server = createEndpoint(right, { role: 'worker' });
  server.onInvoke(() => answer);
  server.listen();
  client.listen();
  const inFlight = 64;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let call = 0; call < calls / inFlight; call += 1) {
        await client.invoke({ functionId: 'remote', invocationId: `0123456789abcdef-${call.toString(36)}`, timeoutMs: 30_000, depth: 1, trace }, payload, { wireResult: true }).result;
      }
    }),
  );
  client.close();
  server.close();
}

for (const { name, calls, run } of cases) {
  await run(Math.ceil(calls / 4));
  const rounds: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const before = process.cpuUsage();
    await run(calls);
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / calls);
  }
  rounds.sort((a, b) => a - b);
  console.log(`${name.padEnd(58)} ${rounds[2]!.toFixed(2).padStart(7)} µs CPU per call (${rounds[0]!.toFixed(2)}–${rounds[4]!.toFixed(2)})`);
}
await kernel.stop();
worker.close();
