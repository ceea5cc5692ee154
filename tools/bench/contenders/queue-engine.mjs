/** The engine with its queue, and a Step in an SDK process of its own: `{ store: 'in_memory' | 'file_based', jobs, seconds, backlog }`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createEngine } from '@motia/engine-core';
import { exec } from '@motia/module-exec';
import { queue } from '@motia/module-queue';
import { latency, measureQueue } from './queue-load.mjs';

const { store, jobs, seconds, backlog } = JSON.parse(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'motia-bench-queue-'));
const config = { store_method: store, ...(store === 'file_based' ? { file_path: folder } : {}) };
const app = fileURLToPath(new URL('../app', import.meta.url));
const engine = await createEngine({ modules: [exec({ exec: ['motia start'], cwd: app }), queue({ queue_configs: { backlog: {}, sink: {} }, adapter: { class: 'modules::queue::BuiltinQueueAdapter', config } })], logging: { level: 'error' } });
let onDone = () => undefined;
let onReport = () => undefined;
let onProduced = () => undefined;
engine.functions.register({ id: 'bench::done' }, () => onDone());
engine.functions.register({ id: 'bench::report' }, ({ ages }) => onReport(ages));
engine.functions.register({ id: 'bench::produced' }, () => onProduced());
await engine.start();
const invoke = (id, payload) => engine.functions.invoke(id, payload);
const enqueue = (topic, data) => invoke('enqueue', { topic, data });
const subject = {
  enqueue,
  enqueueList: (topic, list) => invoke('enqueue', list.map((data) => ({ topic, data }))),
  pause: (topic) => invoke('queue::pause', { topic }),
  resume: (topic) => invoke('queue::resume', { topic }),
  done: () => new Promise((resolve) => (onDone = resolve)),
  ages: () => new Promise((resolve) => {
    onReport = resolve;
    void enqueue('bench.report', {});
  }),
};
const figures = await measureQueue(subject, { jobs, seconds });
const produced = new Promise((resolve) => (onProduced = resolve));
const producingSince = performance.now();
await enqueue('bench.report', { produce: jobs });
await produced;
figures.stepEnqueuePerSecond = jobs / ((performance.now() - producingSince) / 1_000);
await invoke('queue::resume', { topic: 'bench.16' });
for (let depth = 1; depth > 0; ) {
  await sleep(20);
  [{ depth }] = (await invoke('queue::list', { topic: 'bench.16' })).queues.filter(({ functionId }) => functionId !== '');
}
if (backlog > 0) {
  const before = process.memoryUsage().rss;
  for (let sent = 0; sent < backlog; sent += 500) await invoke('enqueue', Array.from({ length: 500 }, (_, n) => ({ topic: 'backlog', data: { n: sent + n } })));
  await subject.ages();
  const { startP50, startP99 } = await latency(subject, seconds);
  Object.assign(figures, { backlogP50: startP50, backlogP99: startP99, backlogMegabytes: (process.memoryUsage().rss - before) / 1e6 });
}
console.log(JSON.stringify(figures));
await engine.stop();
rmSync(folder, { recursive: true, force: true });
