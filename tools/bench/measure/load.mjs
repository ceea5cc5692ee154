import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const hasWrk = spawnSync('wrk', ['--version'], { stdio: 'ignore' }).error === undefined;

/** Which load generator this machine has. wrk costs less CPU, so ratios are cleaner with it. */
export const generator = hasWrk ? 'wrk' : 'autocannon';

/**
 * Loads one URL for `seconds` with `connections` keep-alive connections.
 * @returns requests per second, p50 and p99 in milliseconds, and how many answers were not 2xx
 */
export async function load({ url, connections, seconds, method = 'GET', body, headers = {} }) {
  return hasWrk ? withWrk({ url, connections, seconds, method, body, headers }) : withAutocannon({ url, connections, seconds, method, body, headers });
}

async function withWrk({ url, connections, seconds, method, body, headers }) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-wrk-'));
  try {
    const script = join(folder, 'request.lua');
    const lines = [`wrk.method = ${lua(method)}`];
    if (body !== undefined) lines.push(`wrk.body = ${lua(body)}`);
    for (const [name, value] of Object.entries(headers)) lines.push(`wrk.headers[${lua(name)}] = ${lua(value)}`);
    lines.push(
      'done = function(summary, latency)',
      '  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),',
      '    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))',
      'end',
    );
    writeFileSync(script, lines.join('\n'));
    const output = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url]);
    const match = /RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)/.exec(output);
    if (match === null) throw new Error(`wrk printed no result:\n${output}`);
    const [, requests, micros, p50, p99, failures] = match.map(Number);
    return { perSecond: requests / (micros / 1e6), requests, p50Ms: p50 / 1000, p99Ms: p99 / 1000, failures };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function withAutocannon({ url, connections, seconds, method, body, headers }) {
  const args = ['--json', '-c', String(connections), '-d', String(seconds), '-m', method];
  if (body !== undefined) args.push('-b', body);
  for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}=${value}`);
  const result = JSON.parse(await run('npx', ['--no-install', 'autocannon', ...args, url]));
  return {
    perSecond: result.requests.average,
    requests: result.requests.total,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.non2xx + result.errors,
  };
}

function lua(text) {
  return JSON.stringify(text);
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => (error ? reject(new Error(`${command}: ${stderr || error.message}`)) : resolve(stdout)));
  });
}
