import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { writeApp } from './harness/app.js';
import { until } from './harness/process-list.js';
import { runIii, startIii, type RunningEngine } from './harness/running-engine.js';

const folder = temporaryFolder('iii-verbs');
const bill = `
import { step, queue } from 'motia';
export default step({ name: 'Bill', triggers: [queue('orders', { config: { maxRetries: 0 } })] }, async (order, ctx) => {
  if (order.cents === undefined) throw new Error('no price');
  ctx.logger.info('billed', { order: order.id });
});
`;
const nightly = `
import { step, cron } from 'motia';
export default step({ name: 'Nightly', triggers: [cron('0 0 3 * * * *')] }, async () => undefined);
`;
const inMemory = '{ store_method: in_memory }';
const configYaml = `
modules:
  - class: modules::observability::OtelModule
    # A busy machine is no reason for a trace to be slow.
    config: { slow_trace_ms: 3600000 }
  - class: modules::api::RestApiModule
    config: { port: 0 }
  - class: modules::queue::QueueModule
    config: { adapter: { class: modules::queue::BuiltinQueueAdapter, config: ${inMemory} } }
  - class: modules::cron::CronModule
    config: { adapter: { class: modules::cron::KvCronAdapter, config: ${inMemory} } }
  - class: modules::shell::ExecModule
    config: { exec: ['motia dev'] }
`;

describe('what iii does to a running engine', () => {
  let engine: RunningEngine;
  const iii = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runIii(args, { cwd: folder.path });
    expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, '']);
    return stdout;
  };
  const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await iii(...args, '--json')) as T;
  const traceOf = (said: string): string => /\ntrace ([0-9a-f]{32})\n$/.exec(said)?.[1] ?? '';

  beforeAll(async () => {
    writeApp(folder.path, { 'config.yaml': configYaml, 'steps/bill.step.ts': bill, 'steps/nightly.step.ts': nightly });
    engine = await startIii({ cwd: folder.path });
  }, 60_000);
  afterAll(async () => {
    await engine.stop();
    await folder.remove();
  });

  it('to queues: publish, pause, resume, and dead letters that are looked at, taken back and given up', async () => {
    expect(await iii('queues', 'pause', 'orders')).toMatch(/^topic:orders is paused\ntrace [0-9a-f]{32}\n$/);
    const published = await iii('queues', 'publish', 'orders', '{"id":"o-1\u009b"}');
    expect(published).toMatch(/^published to topic:orders: \S+\n/);
    expect(await iii('queues')).toMatch(/topic:orders .* 1 .*paused/);
    await iii('queues', 'resume', 'Bill');
    type Dead = readonly { readonly messageId: string; readonly traceId: string; readonly lastFailure: { readonly message: string } }[];
    let dead: Dead = [];
    await until('the message to be given up', async () => (dead = await json<Dead>('queues', 'dead', 'orders')).length === 1);
    expect(await iii('queues', 'dead', 'orders', '--json')).not.toMatch(/[\u007f-\u009f]/);
    expect(dead[0]).toMatchObject({ lastFailure: { message: 'no price' }, traceId: traceOf(published) });
    expect(await iii('queues', 'dead', 'Bill')).toMatch(/no price +\{"id":"o-1\\x9b"\} /);
    expect(await iii('queues', 'dead', 'orders', '--function', 'Bill')).toContain('no price');
    expect(await iii('queues', 'redrive', 'orders', '--function', 'Bill', '--dry-run')).toMatch(/^1 dead letter /);
    expect((await runIii(['queues', 'dead', 'orders', '--function', 'Bil'], { cwd: folder.path })).stderr).toContain('None of the functions is called "Bil"; near it are Bill');
    const elsewhere = await runIii(['queues', 'discard', 'default', dead[0]?.messageId ?? ''], { cwd: folder.path });
    expect([elsewhere.code, elsewhere.stderr]).toEqual([70, expect.stringMatching(/^MOTIA_QUEUE_MESSAGE_NOT_FOUND: There is no message "\S+" in "default"\./)]);
    expect(await iii('queues', 'redrive', 'orders', '--dry-run')).toMatch(/^1 dead letter of topic:orders would be taken back\n/);
    expect(await json('queues', 'redrive', 'orders', dead[0]?.messageId ?? '')).toMatchObject({ result: { moved: 1, total: 1, state: 'done' }, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    await until('it to fail again', async () => (await json<Dead>('queues', 'dead', 'orders')).length === 1);
    expect(await iii('queues', 'discard', 'orders', '--all')).toMatch(/^gave up 1 dead letter of topic:orders for good\n/);
    expect(await iii('queues', 'dead', 'orders')).toBe('no dead letters\n');
  });

  it('to schedules: run, with the run in the trace that it names; history, pause, resume, backfill', async () => {
    const traceId = traceOf(await iii('crons', 'run', 'Nightly'));
    await until('the run to be over', async () => (await iii('crons', 'history', 'Nightly')).includes('succeeded'));
    expect(await iii('crons', 'history', 'Nightly')).toMatch(new RegExp(`succeeded .* 1 +- +${traceId}\n`));
    expect(await iii('crons', 'pause', 'Nightly')).toMatch(/is paused\n/);
    expect(await iii('crons')).toMatch(/Nightly.* paused /);
    expect(await iii('crons', 'backfill', 'Nightly', '--from', new Date(Date.now() - 2 * 86_400_000).toISOString(), '--dry-run')).toMatch(/^2 slots of trg_\S+ would run \(\S+ to \S+\)\n/);
    expect(await iii('crons', 'resume', 'Nightly')).toMatch(/goes on\n/);
  });

  it('is refused with what would be right, and names the trace of what failed', async () => {
    const unknown = await runIii(['queues', 'pause', 'ordres'], { cwd: folder.path });
    expect([unknown.code, unknown.stdout, unknown.stderr]).toEqual([64, '', expect.stringMatching(/^MOTIA_ENGINE_TARGET_UNKNOWN: None of the queues is called "ordres"; near it are orders/)]);
    const tooFar = await runIii(['crons', 'backfill', 'Nightly', '--from', '2020-01-01T00:00:00Z'], { cwd: folder.path });
    expect([tooFar.code, tooFar.stdout]).toEqual([70, '']);
    const traceId = /\n {2}What it did: iii trace ([0-9a-f]{32})\n/.exec(tooFar.stderr)?.[1] ?? '';
    expect(await iii('trace', traceId)).toContain('✕ invoke cron::backfill');
  });

  it('to a named queue: a call of the function that a Step has, and none of one that nobody knows', async () => {
    await iii('queues', 'publish', 'default', '{"id":"o-9","cents":1}', '--function', 'Bill');
    await engine.waitForLog('the call', ({ message, fields }) => message === 'billed' && fields?.['order'] === 'o-9');
    const unknown = await runIii(['queues', 'publish', 'default', '{}', '--function', 'Bil'], { cwd: folder.path });
    expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringMatching(/^MOTIA_ENGINE_TARGET_UNKNOWN: None of the functions is called "Bil"; near it are Bill/)]);
    const missing = await runIii(['queues', 'publish', 'default', '{}'], { cwd: folder.path });
    expect(missing.stderr).toContain(': /functionId is missing.');
  });

  it('names no trace of its own where one is looked for in vain', async () => {
    const none = await runIii(['trace', 'f'.repeat(32)], { cwd: folder.path });
    expect([none.code, none.stderr]).toEqual([70, expect.stringMatching(/^MOTIA_OTEL_TRACE_NOT_FOUND/)]);
    expect(none.stderr).not.toContain('What it did');
    expect(await iii('traces', '--slow')).toBe('no such traces are kept\n');
  });

  it('to workers: restart and drain', async () => {
    const [worker] = await json<readonly { readonly id: string; readonly pid: number }[]>('workers');
    expect(await iii('workers', 'restart', String(worker?.pid))).toMatch(new RegExp(`^${worker?.id} is started anew\ntrace [0-9a-f]{32}\n$`));
    const [next, ...others] = await json<readonly { readonly id: string; readonly pid: number }[]>('workers');
    expect([next?.pid === worker?.pid, others.length]).toEqual([false, 0]);
    expect(await iii('workers', 'drain', next?.id ?? '')).toMatch(/ is draining\n/);
    const log = await engine.waitForLog('the change', ({ message, fields }) => message === 'Changed through the data API' && String(fields?.['path']).endsWith('/drain'));
    expect(log).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), fields: { caller: 'iii command' } });
  });
});
