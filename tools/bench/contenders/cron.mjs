/** An engine with jobs that are all due in one second: `{ jobs, hasQueue, store: 'in_memory' | 'file_based' }`. Their functions are in its process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '@motia/engine-core';
import { cron } from '@motia/module-cron';
import { queue } from '@motia/module-queue';

const { jobs, hasQueue, store } = JSON.parse(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'motia-bench-cron-'));
const config = { store_method: store, ...(store === 'file_based' ? { file_path: folder } : {}) };
const modules = [cron({ adapter: { class: 'modules::cron::KvCronAdapter', config } })];
// The number of places is what runs of the cron module have anyway: nobody sets it for them.
if (hasQueue) modules.push(queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config } }));
const engine = await createEngine({ modules, logging: { level: 'error' } });
await engine.start();

const at = Math.ceil((Date.now() + 2_500) / 1_000) * 1_000;
const date = new Date(at);
const expression = `${date.getUTCSeconds()} ${date.getUTCMinutes()} ${date.getUTCHours()} * * * *`;
const late = [];
let toldAll;
const all = new Promise((resolve) => (toldAll = resolve));
const registered = [];
for (let n = 0; n < jobs; n += 1) {
  engine.functions.register({ id: `job-${n}` }, () => {
    late.push(Date.now() - at);
    if (late.length === jobs) toldAll();
  });
  registered.push(engine.triggers.register({ type: 'cron', functionId: `job-${n}`, config: { expression } }));
}
await Promise.all(registered);
if (Date.now() > at - 200) throw new Error('the jobs were not registered in time');
await sleep(at - Date.now() - 100);
let longestTurnMs = 0;
let turnAtMs = performance.now();
const watch = setInterval(() => {
  longestTurnMs = Math.max(longestTurnMs, performance.now() - turnAtMs);
  turnAtMs = performance.now();
}, 1);
const before = process.cpuUsage();
await all;
const { user, system } = process.cpuUsage(before);
clearInterval(watch);
late.sort((a, b) => a - b);
const share = (part) => late[Math.min(jobs - 1, Math.floor(jobs * part))];
console.log(JSON.stringify({ p50: share(0.5), p99: share(0.99), last: late.at(-1), turn: longestTurnMs, cpu: (user + system) / jobs }));
await engine.stop();
rmSync(folder, { recursive: true, force: true });
