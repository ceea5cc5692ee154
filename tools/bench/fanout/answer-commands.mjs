import { createInterface } from 'node:readline';

const turn = () => new Promise((resolve) => setImmediate(resolve));
let written = 0;

/**
 * What every server of the fan-out does on standard input: `write <events>` publishes so many, one per turn of the event loop, and `memory` prints
 * the bytes that live objects and buffers hold.
 */
export function answerCommands(publish) {
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [command, count] = line.split(' ');
    if (command === 'memory') {
      globalThis.gc();
      const { heapUsed, external } = process.memoryUsage();
      return console.log(`memory ${heapUsed + external}`);
    }
    for (let n = 0; n < Number(count); n += 1) {
      written += 1;
      await publish(eventOf(written));
      await turn();
    }
    console.log('written');
  });
  console.log('ready');
}

/** 178 bytes of JSON with the time at which it was made. */
function eventOf(n) {
  const event = { at: Number((performance.timeOrigin + performance.now()).toFixed(0)), id: `item-${n % 64}`, n, text: '' };
  event.text = 'x'.repeat(Math.max(0, 178 - JSON.stringify(event).length));
  return event;
}
