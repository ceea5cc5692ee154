/** The engine with its queue, and a Step in an SDK process of its own: `{ store: 'in_memory' | 'file_based', jobs, seconds, backlog }`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEngine } from '@motia/engine-core';
import { exec } from '@motia/module-exec';
import { queue } from '@motia/module-queue';
import { measureQueue } from './queue-load.mjs';

const { store, jobs, seconds, backlog } = JSON.parse(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'motia-bench-queue-'));
const config = { store_method: store, ...(store === 'file_based' ? { file_path: folder } : {}) };
const app = fileURLToPath(new URL('../app', import.meta.url));
const engine = await createEngine({ modules: [exec({ exec: ['motia start'], cwd: app }), queue({ queue_configs: { backlog: {} }, adapter: { class: 'modules::queue::BuiltinQueueAdapter', config } })], logging: { level: 'error' } });
let onDone = () => undefined;
let onReport = () => undefined;
engine.functions.register({ id: 'bench::done' }, () => onDone());
engine.functions.register({ id: 'bench::report' }, ({ ages }) => onReport(ages));
await engine.start();
const invoke = (id, payload) => engine.functions.invoke(id, payload);
const enqueue = (topic, data) => invoke('enqueue', { topic, data });
const subject = {
  enqueue,
  pause: (topic) => invoke('queue::pause', { topic }),
  resume: (topic) => invoke('queue::resume', { topic }),
  done: () => new Promise((resolve) => (onDone = resolve)),
  ages: () => new Promise((resolve) => {
    onReport = resolve;
    void enqueue('bench.report', {});
  }),
};
const figures = await measureQueue(subject, { jobs, seconds });
if (backlog > 0) {
  const before = process.memoryUsage().rss;
  for (let sent = 0; sent < backlog; sent += 500) await invoke('enqueue', Array.from({ length: 500 }, (_, n) => ({ topic: 'backlog', data: { n: sent + n } })));
  const { startP50, startP99 } = await measureQueue(subject, { jobs: 1_000, seconds });
  Object.assign(figures, { backlogP50: startP50, backlogP99: startP99, backlogMegabytes: (process.memoryUsage().rss - before) / 1e6 });
}
console.log(JSON.stringify(figures));
await engine.stop();
rmSync(folder, { recursive: true, force: true });
