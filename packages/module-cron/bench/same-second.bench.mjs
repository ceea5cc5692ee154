/**
 * 1,000 cron jobs that are due in the same second: `npm run build && node bench/same-second.bench.mjs [jobs] [rounds]`.
 * Tells, in memory and with every slot on the disk, when the handlers of a round started after the slot (p50, p99, last),
 * the longest turn of the event loop, and the CPU time of a slot. Leave the machine alone meanwhile.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createEngine } from '@motia/engine-core';
import { cron } from '../dist/index.js';

const [jobs = 1_000, rounds = 5] = process.argv.slice(2).map(Number);
setInterval(() => undefined, 60_000).unref();
const silent = { isTerminal: false, wantsColour: false, write: () => true, onceDrained: () => undefined };
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const median = (values) => at([...values].sort((a, b) => a - b), 0.5);

async function measure(name, config) {
  const engine = await createEngine({ modules: [cron({ adapter: { class: 'modules::cron::KvCronAdapter', config } })], logging: { level: 'error', port: silent } });
  await engine.start();
  const late = new Map();
  for (let index = 0; index < jobs; index += 1) {
    engine.functions.register({ id: `job-${index}` }, ({ scheduled_time }) => {
      const slot = Date.parse(scheduled_time);
      if (!late.has(slot)) late.set(slot, []);
      late.get(slot).push(Date.now() - slot);
    });
  }
  // Every fifth second: a round has its own second, and four to settle.
  for (let index = 0; index < jobs; index += 1) await engine.triggers.register({ type: 'cron', functionId: `job-${index}`, config: { expression: '*/5 * * * * * *' } });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  late.clear();
  delay.enable();
  const cpu = process.cpuUsage();
  while ([...late.values()].filter((started) => started.length === jobs).length < rounds) await new Promise((resolve) => setTimeout(resolve, 50));
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  await engine.stop();
  const complete = [...late.values()].filter((started) => started.length === jobs).map((started) => started.sort((a, b) => a - b));
  const row = { p50: median(complete.map((started) => at(started, 0.5))), p99: median(complete.map((started) => at(started, 0.99))), last: median(complete.map((started) => started.at(-1))) };
  const cpuMicros = (user + system) / (complete.length * jobs);
  console.log(`${name.padEnd(28)} start after the slot: p50 ${row.p50} ms, p99 ${row.p99} ms, last ${row.last} ms; longest turn ${(delay.max / 1e6).toFixed(0)} ms; ${cpuMicros.toFixed(0)} µs CPU per slot`);
}

const folder = mkdtempSync(join(tmpdir(), 'cron-bench-'));
console.log(`${jobs} jobs in the same second, medians of ${rounds} rounds`);
await measure('in memory', { store_method: 'in_memory' });
await measure('on disk, synchronous=FULL', { store_method: 'file_based', file_path: folder });
rmSync(folder, { recursive: true, force: true });
process.exit(0);
