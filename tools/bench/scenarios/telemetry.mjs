import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEngine } from '@motia/engine-core';
import { TelemetrySinkRef } from '@motia/engine-core/contract';
import { otel } from '@motia/module-otel';
import { startContender } from '../measure/contender.mjs';
import { load } from '../measure/load.mjs';
import { pacedLoad, percentile } from '../measure/paced-load.mjs';
import { cpuMicros } from '../measure/process-usage.mjs';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const collectorPort = 23_990;
const modes = {
  off: { OTEL_ON: 'false' },
  memory: { OTEL_EXPORTER: 'memory' },
  sqlite: { OTEL_EXPORTER: 'sqlite', OTEL_LOGS: 'sqlite' },
  'otlp, collector answers': { OTEL_EXPORTER: 'otlp', OTEL_LOGS: 'otlp', OTEL_ENDPOINT: `http://127.0.0.1:${collectorPort}` },
  'otlp, collector down': { OTEL_EXPORTER: 'otlp', OTEL_LOGS: 'otlp' },
};

async function startCollector() {
  const server = createServer((request, response) => request.resume().on('end', () => response.end())).listen(collectorPort, '127.0.0.1');
  await once(server, 'listening');
  return () => {
    server.closeAllConnections();
    server.close();
  };
}

let port = 24_000;

/** An engine with a Step in a process of its own. */
async function startEngine(name) {
  port += 10;
  const data = mkdtempSync(join(tmpdir(), 'bench-otel-'));
  const contender = await startContender({
    command: process.execPath,
    args: [file('../../../apps/engine/dist/bin/iii.js'), '-c', file('../app/config.telemetry.yaml'), '--log-level', 'info', '--log-format', 'json'],
    cwd: file('../app'),
    env: { ...modes[name], OTEL_DATA: data, PORT: String(port) },
  });
  return {
    pid: contender.pid,
    url: `http://127.0.0.1:${port}/hello`,
    async stop() {
      await contender.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** HTTP to a Step with telemetry off, in memory, on disk, and towards a collector that is not there: in turn within every round. */
async function cost({ rounds, seconds, connections, names }) {
  const series = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names.map((_, index) => names[(index + round) % names.length])) {
      const engine = await startEngine(name);
      try {
        await load({ connections, url: engine.url, seconds: 1 });
        const before = cpuMicros(engine.pid);
        const result = await load({ connections, url: engine.url, seconds });
        if (result.failures > 0) throw new Error(`${name}: ${result.failures} failed requests`);
        series[name].push({ ...result, cpuPerRequest: (cpuMicros(engine.pid) - before) / result.requests });
      } finally {
        await engine.stop();
      }
    }
  }
  return series;
}

const pacedPerSecond = 1_000;
const shares = { p50: 0.5, p99: 0.99, 'p99.9': 0.999 };

/** Two engines beside each other, a request to each in turn: one without telemetry, the other with. The first name is that of two without: what chance does. */
async function beside({ rounds, seconds, names }) {
  const series = {};
  for (const name of names) {
    series[name] = [];
    for (let round = 0; round < rounds; round += 1) {
      // Whoever is started first has the better place sometimes.
      const started = round % 2 === 0 ? [await startEngine('off'), await startEngine(name)] : [await startEngine(name), await startEngine('off')].reverse();
      try {
        const [off, on] = await pacedLoad({ urls: started.map(({ url }) => url), perSecond: pacedPerSecond, seconds: 5 * seconds });
        series[name].push(Object.fromEntries(Object.entries(shares).map(([key, share]) => [key, { off: percentile(off, share), on: percentile(on, share) }])));
      } finally {
        for (const engine of started) await engine.stop();
      }
    }
  }
  return series;
}

/** Spans a second into one engine, and how long questions about large traces take. */
async function store(exporter, spans) {
  const data = mkdtempSync(join(tmpdir(), 'bench-otel-'));
  const engine = await createEngine({ modules: [otel({ exporter, data_dir: data, max_spans_per_trace: 100_000 })], logging: { level: 'error' } });
  try {
    await engine.start();
    const sink = engine.service(TelemetrySinkRef);
    const ask = (id, payload) => engine.functions.invoke(id, payload);
    const begun = process.cpuUsage();
    const root = sink.startSpan('root', { kind: 'server' });
    for (let n = 1; n < spans; n += 1) {
      sink.startSpan(`step ${n % 50}`, { kind: 'internal', parent: root.context, attributes: { 'iii.function.id': `steps::step ${n % 50}`, n } }).end();
      // The writer gets its turn, as it would between requests.
      if (n % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    root.end();
    const used = process.cpuUsage(begun);
    const timed = async (id, payload) => {
      const startedAt = performance.now();
      await ask(id, payload);
      return performance.now() - startedAt;
    };
    const traceId = root.context.traceparent.slice(3, 35);
    return {
      nanosPerSpan: ((used.user + used.system) * 1000) / spans,
      listMs: await timed('engine::traces::list', {}),
      pageMs: await timed('engine::traces::tree', { trace_id: traceId, flat: true, limit: 1_000 }),
      wholeMs: await timed('engine::traces::tree', { trace_id: traceId, limit: 50_000 }),
    };
  } finally {
    await engine.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

export async function telemetry({ rounds, seconds, connections, names = Object.keys(modes) }) {
  const stores = [];
  for (const exporter of ['memory', 'sqlite'].filter((name) => names.includes(name))) {
    for (const spans of [10_000, 40_000]) {
      const runs = [];
      for (let round = 0; round < rounds; round += 1) runs.push(await store(exporter, spans));
      stores.push({ exporter, spans, runs });
    }
  }
  const stopCollector = await startCollector();
  try {
    // What the others are compared with comes first.
    const compared = [...new Set(['off', ...names])];
    return { series: await cost({ rounds, seconds, connections, names: compared }), paced: await beside({ rounds, seconds, names: compared }), stores };
  } finally {
    stopCollector();
  }
}

export function renderTelemetry({ series, paced, stores }) {
  const names = Object.keys(series);
  const pick = (name, key) => series[name].map((round) => round[key]);
  const absolute = table(['telemetry', 'req/s (median)', 'p50 ms', 'p99 ms', 'CPU µs/req'], names.map((name) => [name, Math.round(median(pick(name, 'perSecond'))), ...['p50Ms', 'p99Ms', 'cpuPerRequest'].map((key) => median(pick(name, key)).toFixed(2))]));
  const ratios = table(['paired ratio to off (min / median / max)', 'req/s', 'p99', 'CPU/req'], names.slice(1).map((name) => [name, ...['perSecond', 'p99Ms', 'cpuPerRequest'].map((key) => formatRatio(pairedRatio(pick(name, key), pick('off', key))))]));
  const [answers, down] = ['otlp, collector answers', 'otlp, collector down'];
  const dead = series[answers] === undefined || series[down] === undefined ? '' : `Collector down / collector answers: p99 ${formatRatio(pairedRatio(pick(down, 'p99Ms'), pick(answers, 'p99Ms')))}, requests ${formatRatio(pairedRatio(pick(down, 'perSecond'), pick(answers, 'perSecond')))}.`;
  const queries = table(
    ['trace', 'CPU ns/span recorded', 'list ms', 'page of 1,000 ms', 'whole tree ms'],
    stores.map(({ exporter, spans, runs }) => [`${spans} spans, ${exporter}`, ...['nanosPerSpan', 'listMs', 'pageMs', 'wholeMs'].map((key) => median(runs.map((run) => run[key])).toFixed(key === 'nanosPerSpan' ? 0 : 1))]),
  );
  const latencies = table(
    [`beside the engine without, ${pacedPerSecond} requests/s to each`, ...Object.keys(shares), 'p99 ms'],
    Object.entries(paced).map(([name, rounds]) => {
      const ratio = (key) => formatRatio(pairedRatio(rounds.map((round) => round[key].on), rounds.map((round) => round[key].off)));
      return [name === 'off' ? 'off (chance)' : name, ...Object.keys(shares).map(ratio), median(rounds.map(({ p99 }) => p99.on)).toFixed(2)];
    }),
  );
  return `${absolute}\n\n${ratios}\n\n${dead}\n\n${latencies}\n\n${queries}`;
}
