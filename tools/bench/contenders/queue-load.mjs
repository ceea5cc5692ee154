/** What every queue is put through: the same messages, as many in flight, the same clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pssMiB } from '../measure/process-usage.mjs';

const inFlight = 64;
const listLength = 100;
const text = 'x'.repeat(180);

/** @param subject `{ enqueue(topic, data), enqueueList(topic, list), pause(topic), resume(topic), done(), ages() }` */
export async function measureQueue(subject, { jobs, seconds }) {
  // A program that has just started is measured by nobody's users: compilers have their turn first, with everyone.
  await throughput(subject, Math.ceil(jobs / 5));
  const figures = await throughput(subject, jobs);
  Object.assign(figures, await latency(subject, seconds));
  figures.listedPerSecond = jobs / (await timed(() => enqueueLists(subject, 'bench.16', jobs)));
  return figures;
}

async function throughput(subject, jobs) {
  const figures = {};
  for (const concurrency of [1, 16, 100]) {
    const topic = `bench.${concurrency}`;
    // One at a time is the slowest: fewer jobs say the same.
    const count = concurrency === 1 ? Math.ceil(jobs / 5) : jobs;
    await subject.pause(topic);
    const enqueueSeconds = await timed(() => enqueueAll(subject, topic, count));
    if (concurrency === 100) Object.assign(figures, { enqueuePerSecond: count / enqueueSeconds, megabytes: pssMiB(process.pid) });
    const done = subject.done();
    const drainSeconds = await timed(async () => {
      await subject.resume(topic);
      await done;
    });
    figures[`perSecond${concurrency}`] = count / drainSeconds;
  }
  return figures;
}

/** Lists of 100, one after the other; nobody takes them meanwhile. */
async function enqueueLists(subject, topic, count) {
  await subject.pause(topic);
  for (let sent = 0; sent < count; sent += listLength) await subject.enqueueList(topic, Array.from({ length: listLength }, (_, n) => ({ text, n: sent + n })));
}

/** 200 messages a second: how old each is when its handler begins. */
export async function latency(subject, seconds) {
  await subject.ages();
  const startedAt = performance.now();
  const pending = [];
  for (let sent = 0; sent < seconds * 200; sent += 1) {
    const waitMs = startedAt + sent * 5 - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    pending.push(subject.enqueue('bench.16', { text, sentAt: process.hrtime.bigint().toString() }));
  }
  await Promise.all(pending);
  await sleep(200);
  const ages = (await subject.ages()).sort((a, b) => a - b);
  const at = (share) => ages[Math.min(ages.length - 1, Math.floor(ages.length * share))];
  return { startP50: at(0.5), startP99: at(0.99) };
}

async function enqueueAll(subject, topic, count) {
  let sent = 0;
  const producer = async () => {
    while (sent < count) {
      sent += 1;
      await subject.enqueue(topic, { text, n: sent, last: count });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, producer));
}

async function timed(work) {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}
