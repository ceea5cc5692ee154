/** One measurement of the store, in a process of its own: `node store.mjs '{"writer":"thread","clients":16,"seconds":4}'` prints JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import Database from 'better-sqlite3';
import { createEngine } from '@motia/engine-core';
import { StorePoolRef } from '@motia/engine-core/contract';
import { sqliteStore } from '@motia/store-sqlite';
import { storeProgram } from './store-program.mjs';

const { writer, clients, seconds } = JSON.parse(process.argv[2]);
const keys = 10_000;
const lookEveryMs = 1;
const folder = mkdtempSync(join(process.env.MOTIA_BENCH_FOLDER ?? tmpdir(), 'motia-bench-'));
try {
  process.stdout.write(JSON.stringify(writer === 'raw' ? await raw() : await throughStore()));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function throughStore() {
  const engine = await createEngine({ modules: [sqliteStore({ data_dir: folder, writer })], logging: { level: 'error' } });
  await engine.start();
  const store = await engine.service(StorePoolRef).open({});
  const handle = await store.open(storeProgram);
  const result = await measure((input) => handle.run('set', input));
  await engine.stop();
  return result;
}

/** What a program would write by hand: a transaction and a sync for each change, one after the other. */
async function raw() {
  const db = new Database(join(folder, 'raw.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  const sql = statements(db);
  storeProgram.migrations[0].up(sql);
  const set = db.transaction((input) => storeProgram.commands.set(sql, input));
  const result = await measure(async (input) => {
    const answer = set.immediate(input);
    // Others have their turn too, as they would in a server.
    await new Promise((resolve) => setImmediate(resolve));
    return answer;
  });
  db.close();
  return result;
}

async function measure(set) {
  let written = 0;
  // No value twice: SQLite writes nothing for one that is there already.
  const next = () => {
    written += 1;
    return { key: `key-${(written * 7919) % keys}`, value: JSON.stringify({ written, at: performance.now(), text: 'x'.repeat(150) }) };
  };
  const run = async (untilMs, note) => {
    const client = async () => {
      while (performance.now() < untilMs) {
        const startedAt = performance.now();
        await set(next());
        note(performance.now() - startedAt);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
  };
  await run(performance.now() + 500, () => undefined);
  const latencies = [];
  const loop = monitorEventLoopDelay({ resolution: lookEveryMs });
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  loop.enable();
  await run(startedAt + seconds * 1000, (ms) => latencies.push(ms));
  loop.disable();
  const tookMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  const lag = (nanos) => Math.max(0, nanos / 1e6 - lookEveryMs);
  return {
    perSecond: (latencies.length * 1000) / tookMs,
    p50: at(0.5), p99: at(0.99),
    lagP50: lag(loop.percentile(50)), lagP99: lag(loop.percentile(99)), lagMax: lag(loop.max),
    cpuMicros: (user + system) / latencies.length,
  };
}

function statements(db) {
  const kept = new Map();
  const prepare = (text) => kept.get(text) ?? kept.set(text, db.prepare(text)).get(text);
  return { get: (text, ...values) => prepare(text).get(...values), run: (text, ...values) => prepare(text).run(...values) };
}
