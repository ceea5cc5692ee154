/** What every queue is put through: the same messages, as many in flight, the same clock. */
import { setTimeout as sleep } from 'node:timers/promises';

const inFlight = 64;
const text = 'x'.repeat(180);

/** @param subject `{ enqueue(topic, data), pause(topic), resume(topic), done(), ages() }` */
export async function measureQueue(subject, { jobs, seconds }) {
  const figures = {};
  for (const concurrency of [1, 16, 100]) {
    const topic = `bench.${concurrency}`;
    // At one at a time a sync of the disk per job is the limit: fewer jobs say the same.
    const count = concurrency === 1 ? Math.ceil(jobs / 10) : jobs;
    await subject.pause(topic);
    const enqueueSeconds = await timed(() => enqueueAll(subject, topic, count));
    if (concurrency === 100) figures.enqueuePerSecond = count / enqueueSeconds;
    const done = subject.done();
    const drainSeconds = await timed(async () => {
      await subject.resume(topic);
      await done;
    });
    figures[`perSecond${concurrency}`] = count / drainSeconds;
  }
  Object.assign(figures, await latency(subject, seconds));
  return figures;
}

/** 200 messages a second: how old each is when its handler begins. */
async function latency(subject, seconds) {
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
