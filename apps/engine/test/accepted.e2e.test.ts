import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { writeApp } from './harness/app.js';
import { until } from './harness/process-list.js';
import { startIii } from './harness/running-engine.js';

const config = `modules:
  - class: modules::api::RestApiModule
    config: { port: 0 }
  - class: modules::queue::QueueModule
    config: { adapter: { class: modules::queue::BuiltinQueueAdapter, config: { store_method: file_based, file_path: ./data } } }
  - class: modules::shell::ExecModule
    config: { exec: ['motia dev'] }
`;
const report = `
import { appendFileSync, existsSync } from 'node:fs';
export const config = { name: 'Report', triggers: [{ type: 'http', method: 'POST', path: '/reports', respond: 'accepted', idempotency: true, timeoutMs: 20_000 }] };
export const handler = async (req, ctx) => {
  appendFileSync('runs', JSON.stringify({ year: req.body.year, attempt: ctx.attempt, key: ctx.idempotencyKey }) + '\\n');
  if (req.body.fails > ctx.attempt) throw new Error('not yet');
  while (req.body.gate !== undefined && !existsSync(req.body.gate)) await new Promise((resolve) => setTimeout(resolve, 20));
  return { status: 200, headers: { 'x-pages': '3' }, body: { report: req.body.year, from: req.headers['x-who'] } };
};
`;
interface Status {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly response?: { readonly status: number; readonly body: unknown };
}
const ask = (url: string, body: object, headers: Record<string, string> = {}): Promise<Response> => fetch(`${url}/reports`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'x-who': 'ada', ...headers } });
const runsIn = (file: string): { readonly year: number; readonly attempt: number; readonly key: string }[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as never) : []);

describe('respond: accepted, with the queue of the engine and a process of its own', () => {
  it('R4 Q1 runs what was accepted, once for a key, through retries and kill -9 of the engine', async () => {
    await using folder = temporaryFolder('iii-accepted');
    writeApp(folder.path, { 'config.yaml': config, 'steps/report.step.mjs': report });
    const first = await startIii({ cwd: folder.path });
    const accepted = await ask(first.url, { year: 2026 }, { 'idempotency-key': 'k-1' });
    expect(accepted.status).toBe(202);
    const location = accepted.headers.get('location') ?? '';
    const statusOf = async (url: string, path = location): Promise<Status> => (await (await fetch(`${url}${path}`)).json()) as Status;
    await until('the report to be made', async () => (await statusOf(first.url)).state === 'completed');
    expect(await statusOf(first.url)).toMatchObject({ attempts: 1, response: { status: 200, headers: { 'x-pages': '3' }, body: { report: 2026, from: 'ada' } } });
    const events = await (await fetch(`${first.url}${location}`, { headers: { accept: 'text/event-stream' } })).text();
    expect(events).toMatch(/^event: state\ndata: \{.*"state":"completed".*\}\n\n$/);

    const gated = await ask(first.url, { year: 2027, gate: folder.file('gate') }, { 'idempotency-key': 'k-2' });
    const gatedAt = gated.headers.get('location') ?? '';
    await until('the second report to be begun', () => Promise.resolve(runsIn(folder.file('runs')).length === 2));
    process.kill(first.pid, 'SIGKILL');
    await first.exited;

    const second = await startIii({ cwd: folder.path });
    try {
      const again = await ask(second.url, { year: 2026 }, { 'idempotency-key': 'k-1' });
      expect([again.status, again.headers.get('location'), again.headers.get('idempotent-replayed')]).toEqual([202, location, 'true']);
      expect(await statusOf(second.url)).toMatchObject({ state: 'completed', response: { body: { report: 2026 } } });
      appendFileSync(folder.file('gate'), '');
      await until('the report that was cut off to be made', async () => (await statusOf(second.url, gatedAt)).state === 'completed');
      expect(runsIn(folder.file('runs')).filter(({ year }) => year === 2026)).toHaveLength(1);
      const cutOff = runsIn(folder.file('runs')).filter(({ year }) => year === 2027);
      expect([cutOff.length, new Set(cutOff.map(({ key }) => key)).size]).toEqual([2, 1]);
    } finally {
      expect(await second.stop()).toBe(0);
    }
  }, 60_000);

  it('shows retries on the way, and says at registration when there is no queue', async () => {
    await using folder = temporaryFolder('iii-accepted');
    writeApp(folder.path, { 'config.yaml': config, 'bare.yaml': config.replace(/ {2}- class: modules::queue[^]*?\n {4}config.*\n/, ''), 'steps/report.step.mjs': report });
    const engine = await startIii({ cwd: folder.path });
    const accepted = await ask(engine.url, { year: 1, fails: 2 });
    const location = accepted.headers.get('location') ?? '';
    const events = await (await fetch(`${engine.url}${location}`, { headers: { accept: 'text/event-stream' } })).text();
    expect(events).toMatch(/"state":"completed","attempts":2,/);
    expect(await engine.stop()).toBe(0);
    const bare = await startIii({ cwd: folder.path, config: 'bare.yaml' });
    const line = await bare.waitForLog('the refusal', ({ message }) => message.includes('Report') && message.includes('respond'));
    expect(line.message).toMatch(/report\.step\.mjs.*no module offers a queue/);
    expect((await ask(bare.url, { year: 1 })).status).toBe(404);
    expect(await bare.stop()).toBe(0);
  }, 60_000);
});
