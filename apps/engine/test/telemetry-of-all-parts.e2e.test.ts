import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { writeApp } from './harness/app.js';
import { until } from './harness/process-list.js';
import { runIii, startIii, type RunningEngine } from './harness/running-engine.js';

const folder = temporaryFolder('iii-all-parts');
const inMemory = 'config: { store_method: in_memory }';
const configYaml = `
modules:
  - class: modules::observability::OtelModule
    config: { exporter: memory }
  - class: modules::api::RestApiModule
    config: { port: 0 }
  - class: modules::state::StateModule
    config: { adapter: { class: modules::state::adapters::KvStore, ${inMemory} } }
  - class: modules::stream::StreamModule
    config: { port: 0, adapter: { class: modules::stream::adapters::KvStore, ${inMemory} } }
  - class: modules::queue::QueueModule
    config: { adapter: { class: modules::queue::BuiltinQueueAdapter, ${inMemory} } }
  - class: modules::cron::CronModule
    config: { adapter: { class: modules::cron::KvCronAdapter, ${inMemory} } }
  - class: modules::shell::ExecModule
    config: { exec: ['motia dev'] }
`;
const files = {
  'config.yaml': configYaml,
  'steps/board.stream.ts': `
export const config = { name: 'board', schema: { type: 'object' }, baseConfig: { storageType: 'default' } };
`,
  'steps/take.step.ts': `
import { step, http } from 'motia';
export default step({ name: 'Take', triggers: [http('POST', '/orders')], enqueues: ['taken'] }, async (req, ctx) => {
  await ctx.enqueue({ topic: 'taken', data: { id: 'o-1' } });
  return { status: 202, body: { traceId: ctx.traceId } };
});
`,
  'steps/show.step.ts': `
import { step, queue } from 'motia';
export default step({ name: 'Show', triggers: [queue('taken')] }, async ({ id }, ctx) => {
  await ctx.state.set('orders', id, { shown: true });
  await ctx.streams.board.set('orders', id, { id });
  ctx.logger.info('shown', { id });
});
`,
  'steps/watch.step.ts': `
import { step, stream } from 'motia';
export default step({ name: 'Watch', triggers: [stream('board')] }, async (change, ctx) => ctx.logger.info('seen on the board'));
`,
  'steps/tidy.step.ts': `
import { step, cron } from 'motia';
export default step({ name: 'Tidy', triggers: [cron('0 0 3 1 1 * *')], enqueues: ['taken'] }, async (run, ctx) => {
  await ctx.enqueue({ topic: 'taken', data: { id: 'of-the-night' } });
});
`,
  'steps/boil.step.ts': `
import { step, http } from 'motia';
export default step({ name: 'Boil', triggers: [http('POST', '/kettle')] }, async (req, ctx) => {
  ctx.logger.warn('the kettle is hot', { degrees: 99 });
  return { status: 200, body: { traceId: ctx.traceId } };
});
`,
  'steps/tell.step.ts': `
import { step, log } from 'motia';
export default step({ name: 'Tell', triggers: [log({ level: 'warn', condition: ({ attributes }) => attributes.degrees !== undefined })] }, async (record, ctx) => {
  ctx.logger.error('told', { of: record.traceId, degrees: record.attributes.degrees, by: record.attributes['iii.function.id'] });
});
`,
};

interface Span {
  readonly name: string;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly end_time_unix_nano: number | null;
}

describe('an app of every standard part', () => {
  let engine: RunningEngine;
  const json = async <T>(...args: string[]): Promise<T> => {
    const { stdout, stderr } = await runIii([...args, '--json'], { cwd: folder.path });
    expect(stderr).toBe('');
    return JSON.parse(stdout) as T;
  };
  /** Its spans, once every one has ended and has its parent: what the process records comes in batches. */
  const whole = async (traceId: string, last: RegExp): Promise<readonly Span[]> => {
    let spans: readonly Span[] = [];
    await until(`the trace up to ${String(last)}`, async () => {
      spans = (await json<{ spans: readonly Span[] }>('trace', traceId)).spans;
      return spans.some(({ name }) => last.test(name)) && spans.every(({ parent_span_id: parent, end_time_unix_nano: end }) => end !== null && (parent === null || spans.some(({ span_id: id }) => id === parent)));
    });
    return spans;
  };

  beforeAll(async () => {
    writeApp(folder.path, files);
    engine = await startIii({ cwd: folder.path });
  }, 60_000);
  afterAll(async () => {
    await engine.stop();
    await folder.remove();
  });

  it('O2 shows the request, its message, and the changes of state and stream as one tree', async () => {
    const { traceId } = (await (await fetch(`${engine.url}/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).json()) as { traceId: string };
    await engine.waitForLog('the change to be seen', ({ message }) => message === 'seen on the board');
    const spans = await whole(traceId, /Watch/);
    const pathTo = (name: RegExp): string[] => {
      const path: string[] = [];
      for (let span = spans.find((each) => name.test(each.name)); span !== undefined; span = spans.find(({ span_id: id }) => id === span?.parent_span_id)) path.unshift(span.name);
      return path;
    };
    for (const name of [/state::set/, /stream::set/, /Watch/]) {
      const path = pathTo(name).join(' > ');
      expect(path).toMatch(/^POST \/orders > .*enqueue taken > process taken > .*Show/);
    }
    expect(pathTo(/Watch/).join(' > ')).toMatch(/stream.*Watch/);
    expect(spans.filter(({ parent_span_id: parent }) => parent === null)).toHaveLength(1);
  });

  it('O2 shows what a schedule caused as one tree, from who asked for the run on', async () => {
    const { traceId } = await json<{ traceId: string }>('crons', 'run', 'Tidy');
    const names = (await whole(traceId, /Watch/)).map(({ name }) => name).join('\n');
    for (const part of [/^cron/m, /Tidy/, /enqueue taken/, /process taken/, /state::set/, /stream::set/]) expect(names).toMatch(part);
  });

  it('hands what Steps log to a Step that follows the log, and nothing of what that one logs', async () => {
    const boil = async (): Promise<string> => ((await (await fetch(`${engine.url}/kettle`, { method: 'POST' })).json()) as { traceId: string }).traceId;
    const traces = [await boil(), await boil()];
    let told: readonly { readonly attributes: Readonly<Record<string, unknown>> }[] = [];
    await until('both records to be told', async () => {
      const { stdout } = await runIii(['logs', '--json', '--limit', '200'], { cwd: folder.path });
      told = stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { body: string; attributes: Readonly<Record<string, unknown>> }).filter(({ body }) => body === 'told');
      return told.length >= 2;
    });
    expect(told.map(({ attributes }) => attributes['of']).sort()).toEqual([...traces].sort());
    expect(told[0]?.attributes).toMatchObject({ degrees: 99, by: 'steps::Boil::trigger::http(POST /kettle)' });
  });
});
