import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ownCpuMicros } from '../measure/process-usage.mjs';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';

const file = (name) => fileURLToPath(new URL(`../fanout/${name}`, import.meta.url));

/** What is measured, by name. The stream module stores every event besides. */
const servers = {
  ws: { script: 'ws-server.mjs', transport: 'plain' },
  'ws framed once': { script: 'ws-server.mjs', transport: 'plain', env: { FRAMED: '1' } },
  'socket.io': { script: 'socket-io-server.mjs', transport: 'socket.io' },
  'streams plain': { script: 'stream-server.mjs', transport: 'plain' },
  'streams socket.io': { script: 'stream-server.mjs', transport: 'socket.io' },
  'streams plain on disk': { script: 'stream-server.mjs', transport: 'plain', env: { STORE: 'file' } },
};

/** One writer, many subscribers of the same group. */
export async function fanout({ rounds, subscribers = 1_000, events = 300, warmUp = 50, names = Object.keys(servers) }) {
  const series = Object.fromEntries(names.map((name) => [name, []]));
  let port = 27_000;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      port += 10;
      series[name].push(await measure(servers[name], { port, subscribers, events, warmUp }));
    }
  }
  return { series, subscribers, events };
}

async function measure({ script, transport, env = {} }, { port, subscribers, events, warmUp }) {
  const server = await talkTo(['--expose-gc', file(script)], { ...env, PORT: String(port) });
  const clients = await talkTo([file('subscribers.mjs')], {});
  try {
    const memory = async () => Number((await server.ask('memory')).split(' ')[1]);
    const ask = async (command) => JSON.parse(await clients.ask(JSON.stringify(command)));
    const before = await memory();
    await ask({ open: { port, count: subscribers, transport } });
    const bytesPerConnection = ((await memory()) - before) / subscribers;
    await server.ask(`write ${warmUp}`);
    await ask({ await: { events: warmUp } });
    const cpu = ownCpuMicros(server.pid);
    const startedAt = performance.now();
    const [, seen] = await Promise.all([server.ask(`write ${events}`), ask({ await: { events: warmUp + events } })]);
    const seconds = (performance.now() - startedAt) / 1_000;
    return { perSecond: (events * subscribers) / seconds, cpuPerDelivery: (ownCpuMicros(server.pid) - cpu) / (events * subscribers), p50: seen.p50, p99: seen.p99, bytesPerConnection };
  } finally {
    await clients.end();
    await server.end();
  }
}

/** A child that answers each line with one. */
async function talkTo(args, env) {
  const child = spawn(process.execPath, args, { env: { ...process.env, NODE_ENV: 'production', ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${args.at(-1)} ended early`);
    return value;
  };
  await next();
  return {
    pid: child.pid,
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    async end() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

export function renderFanout({ series, subscribers, events }) {
  const pick = (name, key) => series[name].map((round) => round[key]);
  const ratio = (name, to) => (series[to] === undefined ? '' : formatRatio(pairedRatio(pick(name, 'perSecond'), pick(to, 'perSecond'))));
  const bare = { plain: 'ws', 'socket.io': 'socket.io' };
  const rows = Object.keys(series).map((name) => {
    const base = bare[servers[name].transport];
    const own = series[base] === undefined ? '' : Math.round(median(pick(name, 'bytesPerConnection')) - median(pick(base, 'bytesPerConnection')));
    return [
      name, Math.round(median(pick(name, 'perSecond'))), median(pick(name, 'cpuPerDelivery')).toFixed(1), `${median(pick(name, 'p50')).toFixed(0)} / ${median(pick(name, 'p99')).toFixed(0)}`,
      Math.round(median(pick(name, 'bytesPerConnection'))), own, ratio(name, 'ws'), ratio(name, 'socket.io'),
    ];
  });
  return `1 writer, ${subscribers} subscribers, ${events} events of 178 bytes\n\n${table(['server', 'deliveries/s (median)', 'CPU µs/delivery', 'p50 / p99 ms', 'bytes/connection', 'more than bare', 'speed / ws', 'speed / socket.io'], rows)}`;
}
