import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';

const program = (name) => fileURLToPath(new URL(`../contenders/queue-${name}.mjs`, import.meta.url));
const columns = ['enqueuePerSecond', 'listedPerSecond', 'perSecond1', 'perSecond16', 'perSecond100', 'startP50', 'startP99', 'megabytes'];
const heads = ['enqueue/s', 'in lists of 100', 'jobs/s c=1', 'c=16', 'c=100', 'enqueue → start p50 ms', 'p99 ms', 'PSS MiB'];
/** One contender, started and stopped; a job that is lost would have it wait for ever. */
const longestRunMs = 60_000;

/** The queue with a Step in an SDK process, in memory and durable, beside a bare table and beside BullMQ where there is a redis-server. */
export async function queues({ rounds, seconds, names: wanted, jobs = 20_000, backlog = 100_000 }) {
  const server = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'redis-server')).find(existsSync);
  const contenders = {
    'iii, durable': ['engine', { store: 'file_based', backlog }],
    'iii, in memory': ['engine', { store: 'in_memory', backlog: 0 }],
    'bare better-sqlite3, in process': ['sqlite', {}],
    ...(server === undefined ? {} : {
      'BullMQ, AOF everysec, in process': ['bullmq', { server, isDurable: true }],
      'BullMQ, no AOF, in process': ['bullmq', { server, isDurable: false }],
    }),
  };
  const names = Object.keys(contenders).filter((name) => wanted?.includes(name) ?? true);
  const series = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < names.length; index += 1) {
      const name = names[(index + round) % names.length];
      const [file, options] = contenders[name];
      const given = { jobs, seconds, ...options, ...(file === 'bullmq' ? { port: await freePort() } : {}) };
      series[name].push(JSON.parse(execFileSync(process.execPath, [program(file), JSON.stringify(given)], { encoding: 'utf8', timeout: longestRunMs, env: { ...process.env, NODE_ENV: 'production' } })));
    }
  }
  return { series, hasRedis: server !== undefined };
}

export function renderQueues({ series, hasRedis }) {
  const of = (name, key) => series[name].map((run) => run[key]);
  const shown = (name, key) => median(of(name, key)).toFixed(key.startsWith('start') ? 2 : 0);
  const rows = Object.keys(series).map((name) => [name, ...columns.map((key) => shown(name, key))]);
  const durable = 'iii, durable';
  const against = Object.keys(series).filter((name) => name !== durable);
  const ratios = against.map((name) => [name, ...columns.map((key) => formatRatio(pairedRatio(of(durable, key), of(name, key))))]);
  const backlog = (key, digits) => median(of(durable, key)).toFixed(digits);
  return [
    table(['', ...heads], rows),
    '',
    table(['iii, durable / …: min / median / max', ...heads], ratios),
    '',
    `A Step that enqueues from its own process, 64 at a time: ${backlog('stepEnqueuePerSecond', 0)} messages a second.`,
    `With 100,000 messages waiting on another topic: start p50 ${backlog('backlogP50', 2)} ms against ${backlog('startP50', 2)} ms, p99 ${backlog('backlogP99', 2)} ms against ${backlog('startP99', 2)} ms; they take ${backlog('backlogMegabytes', 0)} MB of the engine's memory.`,
    ...(hasRedis ? [] : ['', 'There is no redis-server here, so BullMQ was left out.']),
  ].join('\n');
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
