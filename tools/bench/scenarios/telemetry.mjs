import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '@motia/engine-core';
import { TelemetrySinkRef } from '@motia/engine-core/contract';
import { otel } from '@motia/module-otel';
import { load } from '../measure/load.mjs';
import { pacedLoad, percentile } from '../measure/paced-load.mjs';
import { cpuMicros } from '../measure/process-usage.mjs';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';
import { modes, startCollector, startEngine } from './telemetry-engine.mjs';

const greeting = '/hello';
/** The same, and one log record. */
const logged = '/logged';


/** HTTP to a Step with telemetry off, in memory, on disk, and towards a collector that is not there: in turn within every round. */
async function cost({ rounds, seconds, connections, names, path }) {
  const series = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names.map((_, index) => names[(index + round) % names.length])) {
      const engine = await startEngine(name);
      try {
        const url = engine.urlOf(path);
        await load({ connections, url, seconds: 1 });
        const before = cpuMicros(engine.pid);
        const result = await load({ connections, url, seconds });
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
        const [off, on] = await pacedLoad({ urls: started.map(({ urlOf }) => urlOf(greeting)), perSecond: pacedPerSecond, seconds: 5 * seconds });
        series[name].push(Object.fromEntries(Object.entries(shares).map(([key, share]) => [key, { off: percentile(off, share), on: percentile(on, share) }])));
      } finally {
        for (const engine of started) await engine.stop();
      }
    }
  }
  return series;
}

const exported = 512;

/** What a worker's own spans cost the engine: an export of 512, with six attributes each, as it comes over the wire. */
function otlpExport(traceId, first) {
  const spans = Array.from({ length: exported }, (_, index) => ({
    traceId, spanId: (first + index + 1).toString(16).padStart(16, '0'), name: `GET /things/${index % 50}`, kind: 3, startTimeUnixNano: '1767225600000000000', endTimeUnixNano: '1767225600012500000', status: { code: 0 },
    attributes: [
      { key: 'http.request.method', value: { stringValue: 'GET' } }, { key: 'server.address', value: { stringValue: 'things.example' } }, { key: 'url.full', value: { stringValue: `https://things.example/${first + index}` } },
      { key: 'http.response.status_code', value: { intValue: '200' } }, { key: 'retried', value: { boolValue: false } }, { key: 'size', value: { doubleValue: 12.5 } },
    ],
  }));
  return { resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'bench' } }] }, scopeSpans: [{ scope: { name: 'bench' }, spans }] }] };
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
    const payloads = Array.from({ length: Math.ceil(spans / exported) }, (_, index) => otlpExport('ab'.repeat(16), index * exported));
    const takenFrom = process.cpuUsage();
    for (const payload of payloads) {
      sink.otlp('bench', 'traces', payload);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const taken = process.cpuUsage(takenFrom);
    return {
      nanosPerTakenSpan: ((taken.user + taken.system) * 1000) / (payloads.length * exported),
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
    const loads = { rounds, seconds, connections, names: compared };
    return { series: await cost({ ...loads, path: greeting }), withLogs: await cost({ ...loads, path: logged }), paced: await beside({ rounds, seconds, names: compared }), stores };
  } finally {
    stopCollector();
  }
}

export function renderTelemetry({ series, withLogs, paced, stores }) {
  const pick = (name, key) => series[name].map((round) => round[key]);
  const [answers, down] = ['otlp, collector answers', 'otlp, collector down'];
  const dead = series[answers] === undefined || series[down] === undefined ? '' : `Collector down / collector answers: p99 ${formatRatio(pairedRatio(pick(down, 'p99Ms'), pick(answers, 'p99Ms')))}, requests ${formatRatio(pairedRatio(pick(down, 'perSecond'), pick(answers, 'perSecond')))}.`;
  return [renderCost('telemetry', series), dead, renderCost('with a log record in each request', withLogs), renderBeside(paced), renderStores(stores)].join('\n\n');
}

function renderCost(title, series) {
  const names = Object.keys(series);
  const pick = (name, key) => series[name].map((round) => round[key]);
  const absolute = table([title, 'req/s (median)', 'p50 ms', 'p99 ms', 'CPU µs/req'], names.map((name) => [name, Math.round(median(pick(name, 'perSecond'))), ...['p50Ms', 'p99Ms', 'cpuPerRequest'].map((key) => median(pick(name, key)).toFixed(2))]));
  const ratios = table(['paired ratio to off (min / median / max)', 'req/s', 'p99', 'CPU/req'], names.slice(1).map((name) => [name, ...['perSecond', 'p99Ms', 'cpuPerRequest'].map((key) => formatRatio(pairedRatio(pick(name, key), pick('off', key))))]));
  return `${absolute}\n\n${ratios}`;
}

function renderBeside(paced) {
  return table(
    [`beside the engine without, ${pacedPerSecond} requests/s to each`, ...Object.keys(shares), 'p99 ms'],
    Object.entries(paced).map(([name, rounds]) => {
      const ratio = (key) => formatRatio(pairedRatio(rounds.map((round) => round[key].on), rounds.map((round) => round[key].off)));
      return [name === 'off' ? 'off (chance)' : name, ...Object.keys(shares).map(ratio), median(rounds.map(({ p99 }) => p99.on)).toFixed(2)];
    }),
  );
}

function renderStores(stores) {
  const perSecond = (nanos) => Math.round(1e9 / nanos);
  return table(
    ['trace', 'spans/s recorded', 'spans/s of workers (OTLP/JSON)', 'list ms', 'page of 1,000 ms', 'whole tree ms'],
    stores.map(({ exporter, spans, runs }) => {
      const of = (key) => median(runs.map((run) => run[key]));
      return [`${spans} spans, ${exporter}`, perSecond(of('nanosPerSpan')), perSecond(of('nanosPerTakenSpan')), ...['listMs', 'pageMs', 'wholeMs'].map((key) => of(key).toFixed(1))];
    }),
  );
}
