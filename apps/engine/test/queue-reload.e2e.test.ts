import { writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { writeApp } from './harness/app.js';
import { until } from './harness/process-list.js';
import { startIii } from './harness/running-engine.js';

const config = `modules:
  - class: modules::api::RestApiModule
    config: { port: 0 }
  - class: modules::queue::QueueModule
  - class: modules::shell::ExecModule
    config: { exec: ['motia dev'], watch: ['steps/**/*.mjs'], debounce_ms: 20 }
`;
const enqueue = `export const config = { name: 'Enqueue', triggers: [{ type: 'http', method: 'POST', path: '/work' }], enqueues: ['work'] };
export const handler = async (req, ctx) => ({ status: 202, body: await ctx.enqueue({ topic: 'work', data: req.body }) });
`;
/** Works for a moment, so that every reload meets messages that are being handled. */
const work = `export const config = { name: 'Work', triggers: [{ type: 'queue', topic: 'work', config: { concurrency: 20, maxRetries: 0 } }] };
export const handler = async (message) => { await new Promise((resolve) => setTimeout(resolve, 150)); return { id: message.id }; };
`;
/** Saving it makes a new process of all of them. */
const show = (version: number): string => `export const config = { name: 'Show', triggers: [{ type: 'http', method: 'GET', path: '/queue' }] };
export const handler = async (req, ctx) => ({ status: 200, body: { version: ${String(version)}, queues: await ctx.invoke('queue::list', { topic: 'work' }), completed: await ctx.invoke('queue::messages', { topic: 'work', state: 'completed', limit: 500 }) } });
`;

interface Shown {
  readonly version: number;
  readonly queues: { readonly queues: readonly { readonly depth: number; readonly dead: number }[] };
  readonly completed: { readonly messages: readonly { readonly attempts: number; readonly losses: number }[] };
}

describe('a hot reload while messages are handled', () => {
  it('#44 E6 loses no message and spends no attempt', async () => {
    await using folder = temporaryFolder('iii-queue-reload');
    writeApp(folder.path, { 'config.yaml': config, 'steps/enqueue.step.mjs': enqueue, 'steps/work.step.mjs': work, 'steps/show.step.mjs': show(0) });
    await using engine = await startIii({ cwd: folder.path });
    const look = async (): Promise<Shown> => (await fetch(`${engine.url}/queue`)).json() as Promise<Shown>;
    let sent = 0;
    let isSending = true;
    const failures: string[] = [];
    const sending = (async () => {
      while (isSending) {
        const response = await fetch(`${engine.url}/work`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id: sent }) });
        if (response.status === 202) sent += 1;
        else failures.push(`${String(response.status)} ${await response.text()}`);
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    })();
    for (let version = 1; version <= 3; version += 1) {
      const before = sent;
      writeFileSync(folder.file('steps/show.step.mjs'), show(version));
      await until('the next process to serve', async () => (await look()).version === version && sent > before + 10);
    }
    isSending = false;
    await sending;
    expect(failures).toEqual([]);
    await until('everything to be done', async () => (await look()).queues.queues[0]?.depth === 0);
    const { queues, completed } = await look();
    expect(queues.queues[0]).toMatchObject({ depth: 0, dead: 0 });
    expect(completed.messages).toHaveLength(sent);
    expect(completed.messages.filter(({ attempts, losses }) => attempts + losses > 0)).toEqual([]);
    expect(await engine.stop()).toBe(0);
  }, 120_000);
});
