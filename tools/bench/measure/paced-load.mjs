import { Agent, request } from 'node:http';

const connections = 16;
const pauseMs = 1;

/**
 * `perSecond` requests a second to each of some URLs, in turn, whether or not the ones before were answered: what disturbs the machine disturbs all of them alike. A
 * latency counts from the moment at which its request was due, so that a stall is in every request that it held up.
 * @returns milliseconds by URL, sorted
 */
export async function pacedLoad({ urls, perSecond, seconds, warmUpSeconds = 2 }) {
  // The oldest connection first: none of them idles until its server closes it.
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' });
  const latencies = urls.map(() => []);
  try {
    await send({ urls, agent, perSecond, seconds: warmUpSeconds, note: () => undefined });
    await send({ urls, agent, perSecond, seconds, note: (which, ms) => latencies[which].push(ms) });
  } finally {
    agent.destroy();
  }
  return latencies.map((each) => each.sort((a, b) => a - b));
}

/** The latency that a share of them does not exceed. */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

async function send({ urls, agent, perSecond, seconds, note }) {
  const total = perSecond * seconds * urls.length;
  const spacingMs = 1000 / (perSecond * urls.length);
  const begun = performance.now();
  const answers = [];
  for (let sent = 0; sent < total; await pause()) {
    const due = Math.min(total, Math.floor((performance.now() - begun) / spacingMs));
    for (; sent < due; sent += 1) {
      // Every other round the other way about: whoever comes second finds warmer caches.
      const round = Math.floor(sent / urls.length);
      const place = sent % urls.length;
      const which = round % 2 === 0 ? place : urls.length - 1 - place;
      const dueMs = begun + sent * spacingMs;
      answers.push(get(urls[which], agent).then(() => note(which, performance.now() - dueMs)));
    }
  }
  await Promise.all(answers);
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, pauseMs));
}

function get(url, agent) {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      response.on('error', reject).on('end', resolve).resume();
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
    })
      .on('error', reject)
      .end();
  });
}
