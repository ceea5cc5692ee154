/** BullMQ on a redis-server of its own, with an append-only file synced every second or in memory alone, handlers in process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { measureQueue } from './queue-load.mjs';

const { jobs, seconds, server, port, isDurable } = JSON.parse(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'motia-bench-redis-'));
const redis = spawn(server, ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', isDurable ? 'yes' : 'no', '--appendfsync', 'everysec', '--save', ''], { stdio: ['ignore', 'pipe', 'inherit'] });
for await (const chunk of redis.stdout) if (String(chunk).includes('Ready to accept connections')) break;
redis.stdout.resume();
const connection = { host: '127.0.0.1', port };
let ages = [];
let handled = 0;
let onDone = () => undefined;
const queues = new Map();
const workers = [];
for (const concurrency of [1, 16, 100]) {
  const name = `bench.${concurrency}`;
  queues.set(name, new Queue(name, { connection, defaultJobOptions: { removeOnComplete: true } }));
  workers.push(new Worker(name, async ({ data }) => {
    if (data.sentAt !== undefined) ages.push(Number(process.hrtime.bigint() - BigInt(data.sentAt)) / 1e6);
    handled += 1;
    if (handled === data.last) {
      handled = 0;
      onDone();
    }
  }, { connection, concurrency }));
}
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
const subject = {
  enqueue: (topic, data) => queues.get(topic).add('job', data),
  enqueueList: (topic, list) => queues.get(topic).addBulk(list.map((data) => ({ name: 'job', data }))),
  pause: (topic) => queues.get(topic).pause(),
  resume: (topic) => queues.get(topic).resume(),
  done: () => new Promise((resolve) => (onDone = resolve)),
  ages: async () => {
    const found = ages;
    ages = [];
    handled = 0;
    return found;
  },
};
console.log(JSON.stringify(await measureQueue(subject, { jobs, seconds })));
await Promise.all([...workers, ...queues.values()].map((each) => each.close()));
const ended = once(redis, 'exit');
redis.kill();
await ended;
rmSync(folder, { recursive: true, force: true });
