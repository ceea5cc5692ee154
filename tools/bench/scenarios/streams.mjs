import { request } from 'node:http';
import { contenders } from '../contenders.mjs';
import { startContender } from '../measure/contender.mjs';
import { cpuMicros, pssMiB } from '../measure/process-usage.mjs';
import { formatRatio, median, pairedRatio, table } from '../measure/statistics.mjs';

const boundary = 'bench-boundary-7f3a';
const fileBytes = 8 * 1024 * 1024;
const form = Buffer.concat([
  Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="file.bin"\r\ncontent-type: application/octet-stream\r\n\r\n`),
  Buffer.alloc(fileBytes, 'x'),
  Buffer.from(`\r\n--${boundary}--\r\n`),
]);

/** What one client does, and how many units of work it has done when it ends. */
const jobs = {
  'SSE, 50 clients of 2,000 events': {
    unit: 'event',
    clients: 50,
    run: (port) =>
      exchange({ port, path: '/events/2000' }, undefined, (text) => text.split('\n\n').length - 1).then((events) => {
        if (events < 2000) throw new Error(`a client got ${events} events of 2,000`);
        return 2000;
      }),
  },
  'uploads, 4 forms of 8 MiB': {
    unit: 'MiB',
    clients: 4,
    run: async (port) => {
      const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': form.length };
      let answer = '';
      await exchange({ port, path: '/upload', method: 'POST', headers }, form, (text) => ((answer += text), 0));
      if (JSON.parse(answer).bytes !== fileBytes) throw new Error(`the upload was answered with ${answer}`);
      return 8;
    },
  },
};

/** Streams both ways through a second process, beside node:http in one. */
export async function streams({ rounds, repeats = 5 }) {
  const servers = { 'node:http': { ...contenders['node:http'], args: contenders['node:http'].args.map((file) => file.replace('node-http', 'node-streams')) }, 'iii step': contenders['iii step'] };
  const results = [];
  let port = 26_000;
  for (const [job, { unit, clients, run }] of Object.entries(jobs)) {
    const series = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const name of round % 2 === 0 ? Object.keys(servers) : Object.keys(servers).reverse()) {
        port += 10;
        const server = await startContender({ ...servers[name], env: { ...servers[name].env, PORT: String(port) } });
        try {
          await run(port);
          const before = cpuMicros(server.pid);
          const startedAt = performance.now();
          let units = 0;
          for (let repeat = 0; repeat < repeats; repeat += 1) units += (await Promise.all(Array.from({ length: clients }, () => run(port)))).reduce((sum, done) => sum + done, 0);
          series[name].push({ perSecond: units / ((performance.now() - startedAt) / 1000), cpuPerUnit: (cpuMicros(server.pid) - before) / units, pssMiB: pssMiB(server.pid) });
        } finally {
          await server.stop();
        }
      }
    }
    results.push({ job, unit, series });
  }
  return results;
}

function exchange(options, body, count) {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', agent: false, ...options }, (response) => {
      let total = 0;
      response.setEncoding('latin1');
      let tail = '';
      response.on('data', (text) => {
        // An event may be cut between two chunks.
        const whole = tail + text;
        const end = whole.lastIndexOf('\n\n');
        tail = end === -1 ? (body === undefined ? whole : '') : whole.slice(end + 2);
        total += count(body === undefined ? (end === -1 ? '' : whole.slice(0, end + 2)) : text);
      });
      response.on('end', () => (response.statusCode === 200 ? resolve(total) : reject(new Error(`${options.path}: ${response.statusCode}`))));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export function renderStreams(results) {
  return results
    .map(({ job, unit, series }) => {
      const pick = (name, key) => series[name].map((round) => round[key]);
      const rows = Object.keys(series).map((name) => [name, Math.round(median(pick(name, 'perSecond'))), median(pick(name, 'cpuPerUnit')).toFixed(1), Math.round(median(pick(name, 'pssMiB'))), formatRatio(pairedRatio(pick(name, 'perSecond'), pick('node:http', 'perSecond'))), formatRatio(pairedRatio(pick(name, 'cpuPerUnit'), pick('node:http', 'cpuPerUnit')))]);
      return `### ${job}\n\n${table(['contender', `${unit}s/s (median)`, `CPU µs/${unit}`, 'PSS MiB', 'speed / node:http', 'CPU / node:http'], rows)}`;
    })
    .join('\n\n');
}
