/**
 * HTTP to an in-process handler, beside bare node:http and bare Express: `node bench/http.bench.mjs [rounds]` (needs `wrk`
 * on the PATH, built packages, and Linux for CPU times). Contenders take turns within each round; ratios are paired within
 * the round and the median is shown, since absolute figures move with the machine.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const rounds = Number(process.argv[2] ?? 5);
const seconds = 2;
const post = fileURLToPath(new URL('post.lua', import.meta.url));
const body = (bytes) => JSON.stringify({ text: 'x'.repeat(bytes) });
const cases = [
  { name: 'GET', path: '/hello', contenders: ['node', 'rest 1', 'express'] },
  { name: 'POST 200 B', path: '/echo', body: body(188), contenders: ['node', 'rest 1', 'express'] },
  { name: 'POST 10 KB', path: '/echo', body: body(10_228), contenders: ['node', 'rest 1', 'express'] },
  { name: 'GET /users/:id among routes', path: '/users/42', contenders: ['rest 1', 'rest 100', 'rest 1000', 'rest 5000'] },
];

function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function measure(contender, { path, body: text }) {
  const [kind, ...options] = contender.split(' ');
  const server = fileURLToPath(new URL(`servers/${kind}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [server, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(Number(data))));
  const load = (duration) =>
    execFileSync('wrk', ['-t1', '-c64', `-d${duration}s`, '--latency', ...(text === undefined ? [] : ['-s', post]), `http://127.0.0.1:${port}${path}`], { env: { ...process.env, BODY: text ?? '' } }).toString();
  load(1);
  const before = cpuMs(child.pid);
  const report = load(seconds);
  const cpu = cpuMs(child.pid) - before;
  child.kill('SIGINT');
  await new Promise((resolve) => child.once('exit', resolve));
  if (/Non-2xx|Socket errors/.test(report)) throw new Error(report);
  const requests = Number(/(\d+) requests in/.exec(report)[1]);
  return { perSecond: requests / seconds, cpuMicros: (cpu * 1000) / requests };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

for (const one of cases) {
  const results = new Map(one.contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round += 1) for (const contender of one.contenders) results.get(contender).push(await measure(contender, one));
  const [base] = one.contenders;
  console.log(`\n${one.name} (64 connections, ${rounds} rounds, ratios to ${base})`);
  for (const [contender, runs] of results) {
    const ratios = (key) => median(runs.map((run, round) => run[key] / results.get(base)[round][key])).toFixed(2);
    console.log(`  ${contender.padEnd(10)} ${median(runs.map(({ perSecond }) => perSecond)).toFixed(0).padStart(7)} req/s  ${median(runs.map(({ cpuMicros }) => cpuMicros)).toFixed(1).padStart(6)} us CPU   req/s x${ratios('perSecond')}  CPU x${ratios('cpuMicros')}`);
  }
}
