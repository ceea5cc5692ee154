/** A bare table in better-sqlite3, `synchronous=FULL`, changes of one turn committed together: no retries, leases or dead letters, handlers in process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { measureQueue } from './queue-load.mjs';

const { jobs, seconds } = JSON.parse(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'motia-bench-queue-'));
const db = new Database(join(folder, 'jobs.db'));
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('CREATE TABLE jobs (id INTEGER PRIMARY KEY, topic TEXT, state INTEGER, data TEXT); CREATE INDEX ready ON jobs (topic, id) WHERE state = 0');
const insert = db.prepare('INSERT INTO jobs (topic, state, data) VALUES (?, 0, ?)');
const take = db.prepare('UPDATE jobs SET state = 1 WHERE id IN (SELECT id FROM jobs WHERE topic = ? AND state = 0 ORDER BY id LIMIT ?) RETURNING id, data');
const remove = db.prepare('DELETE FROM jobs WHERE id = ?');

let pending = [];
let isScheduled = false;
const free = { 'bench.1': 1, 'bench.16': 16, 'bench.100': 100 };
const paused = new Set();
let ages = [];
let handled = 0;
let onDone = () => undefined;
function schedule() {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(flush);
}
function flush() {
  isScheduled = false;
  const work = pending;
  pending = [];
  const taken = [];
  db.transaction(() => {
    for (const each of work) each.run();
    for (const [topic, slots] of Object.entries(free)) {
      if (slots === 0 || paused.has(topic)) continue;
      const rows = take.all(topic, slots);
      free[topic] -= rows.length;
      for (const row of rows) taken.push({ topic, ...row });
    }
  }).immediate();
  for (const each of work) each.resolve?.();
  for (const job of taken) void handle(job);
}
async function handle({ topic, id, data }) {
  const message = JSON.parse(data);
  if (message.sentAt !== undefined) ages.push(Number(process.hrtime.bigint() - BigInt(message.sentAt)) / 1e6);
  await undefined;
  free[topic] += 1;
  pending.push({ run: () => remove.run(id) });
  handled += 1;
  if (handled === message.last) {
    handled = 0;
    onDone();
  }
  schedule();
}
const subject = {
  enqueue: (topic, data) => new Promise((resolve) => {
    pending.push({ run: () => insert.run(topic, JSON.stringify(data)), resolve });
    schedule();
  }),
  enqueueList: (topic, list) => new Promise((resolve) => {
    pending.push({ run: () => list.forEach((data) => insert.run(topic, JSON.stringify(data))), resolve });
    schedule();
  }),
  pause: async (topic) => paused.add(topic),
  resume: async (topic) => {
    paused.delete(topic);
    schedule();
  },
  done: () => new Promise((resolve) => (onDone = resolve)),
  ages: async () => {
    const found = ages;
    ages = [];
    handled = 0;
    return found;
  },
};
console.log(JSON.stringify(await measureQueue(subject, { jobs, seconds })));
db.close();
rmSync(folder, { recursive: true, force: true });
