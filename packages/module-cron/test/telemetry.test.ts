import { describe, expect, it } from '@jest/globals';
import { noOptions } from '@motia/engine-core';
import { defineModule, TelemetrySinkRef, type ModuleUse, type SpanAttributes, type TelemetrySink } from '@motia/engine-core/contract';
import { sqliteStore } from '@motia/store-sqlite';
import { fakeQueue } from './fixtures/fake-queue.js';
import { startCron } from './fixtures/start-cron.js';

interface SpanRecord {
  readonly name: string;
  readonly trace: string;
  readonly span: string;
  readonly parent: string | undefined;
  readonly attributes: Record<string, unknown>;
  isEnded: boolean;
  error: unknown;
}

/** A sink that keeps everything. */
function recorder() {
  const spans: SpanRecord[] = [];
  const numbers: { readonly name: string; readonly value: number; readonly attributes: SpanAttributes }[] = [];
  const instrument = (name: string) => {
    const note = (value: number, attributes: SpanAttributes = {}): void => void numbers.push({ name, value, attributes });
    const made = { add: note, record: note, with: (given: SpanAttributes) => ({ ...made, add: (value: number) => note(value, given), record: (value: number) => note(value, given) }) };
    return made;
  };
  const sink = {
    log: () => undefined,
    otlp: () => undefined,
    meter: { counter: instrument, histogram: instrument, gauge: () => ({ dispose: () => undefined }) },
    startSpan(name: string, { parent, common, attributes }: { parent?: { traceparent: string }; common?: SpanAttributes; attributes?: SpanAttributes }) {
      const span = (spans.length + 1).toString(16).padStart(16, '0');
      const trace = parent?.traceparent.slice(3, 35) ?? span.padStart(32, 'a');
      const record: SpanRecord = { name, trace, span, parent: parent?.traceparent.slice(36, 52), attributes: { ...common, ...attributes }, isEnded: false, error: undefined };
      spans.push(record);
      return {
        context: { traceparent: `00-${trace}-${span}-01` },
        setAttribute: (key: string, value: unknown) => void (record.attributes[key] = value),
        event: () => undefined,
        end: (outcome?: { error?: unknown }) => {
          record.isEnded = true;
          record.error = outcome?.error;
        },
      };
    },
  } as unknown as TelemetrySink;
  const definition = defineModule({ name: 'recorder', version: '0.0.0', contract: 1, class: 'test::Recorder', options: noOptions, provides: { sink: TelemetrySinkRef }, create: async () => ({ services: { sink } }) });
  return { spans, numbers, module: { definition } as ModuleUse, of: (name: string) => numbers.filter((number) => number.name === name).map(({ value, attributes }) => ({ value, ...attributes })) };
}

describe('traces', () => {
  it('one per slot: the root is the slot, the call is in it, and the history names it', async () => {
    const recorded = recorder();
    await using cron = await startCron({ modules: [recorded.module] });
    const traces: string[] = [];
    cron.host.functions.register({ id: 'work' }, (_payload, { trace }) => void traces.push(trace.traceparent.slice(3, 35)));
    const { jobId } = await cron.job('work', { expression: '0 * * * * * *' });
    await cron.pass('2m');
    const roots = recorded.spans.filter(({ name }) => name === 'cron work');
    expect(roots).toMatchObject([
      { parent: undefined, isEnded: true, error: undefined, attributes: { 'iii.trigger.type': 'cron', 'iii.cron.job.id': jobId, 'iii.cron.scheduled_time': '2026-03-10T12:01:00Z', 'iii.cron.backfilled': false, 'iii.cron.fencing_token': 1 } },
      { parent: undefined, isEnded: true },
    ]);
    expect(traces).toEqual(roots.map(({ trace }) => trace));
    expect(new Set(traces).size).toBe(2);
    const calls = recorded.spans.filter(({ name }) => name === 'invoke work');
    expect(calls.map(({ parent }) => parent)).toEqual(roots.map(({ span }) => span));
    expect(calls[0]?.attributes).toMatchObject({ 'iii.trigger.id': jobId, 'iii.trigger.type': 'cron' });
    expect((await cron.history(jobId)).map(({ trace_id }) => trace_id).reverse()).toEqual(traces);
  });

  it.each(['directly', 'through the queue'])('O2 of a run that a call asked for is that of the call, started %s', async (how) => {
    const recorded = recorder();
    const queue = fakeQueue();
    await using cron = await startCron({ modules: [recorded.module, ...(how === 'directly' ? [] : [sqliteStore({}), queue.module])] });
    const traces: string[] = [];
    cron.host.functions.register({ id: 'work' }, (_payload, { trace }) => void traces.push(trace.traceparent.slice(3, 35)));
    const { jobId } = await cron.job('work', { expression: '0 0 0 1 1 * *' });
    const call = cron.host.functions.open('cron::run_now', { job_id: jobId });
    await call.result;
    await cron.pass('1s');
    expect(traces).toEqual([call.trace.traceparent.slice(3, 35)]);
    expect((await cron.history(jobId)).map(({ trace_id }) => trace_id)).toEqual(traces);
  });

  it('end with the error of the run', async () => {
    const recorded = recorder();
    await using cron = await startCron({ modules: [recorded.module] });
    await cron.job('work', { expression: '0 * * * * * *' }, () => {
      throw new Error('on purpose');
    });
    await cron.pass('61s');
    expect(recorded.spans.find(({ name }) => name === 'cron work')).toMatchObject({ isEnded: true, error: expect.objectContaining({ message: expect.stringContaining('on purpose') }) });
  });

  it('go through the queue: every attempt is in the trace of its slot', async () => {
    const recorded = recorder();
    const queue = fakeQueue();
    await using cron = await startCron({ modules: [recorded.module, sqliteStore({}), queue.module] });
    const traces: string[] = [];
    cron.host.functions.register({ id: 'work' }, (_payload, { trace, attempt }) => {
      traces.push(trace.traceparent.slice(3, 35));
      if (attempt === 1) throw new Error('not yet');
    });
    await cron.job('work', { expression: '0 * * * * * *' });
    await cron.pass('61s');
    const [root] = recorded.spans.filter(({ name }) => name === 'cron work');
    expect(root).toMatchObject({ parent: undefined, isEnded: true });
    expect(traces).toEqual([root?.trace, root?.trace]);
    expect(recorded.spans.filter(({ isEnded }) => !isEnded)).toEqual([]);
  });

  it.each(['directly', 'through the queue'])('O2 of a run that waited for another is named by its record, started %s', async (how) => {
    const recorded = recorder();
    const queue = fakeQueue();
    await using cron = await startCron({ modules: [recorded.module, ...(how === 'directly' ? [] : [sqliteStore({}), queue.module])] });
    const traces: string[] = [];
    const finish: (() => void)[] = [];
    cron.host.functions.register({ id: 'slow' }, (_payload, { trace }) => {
      traces.push(trace.traceparent.slice(3, 35));
      return new Promise<void>((resolve) => finish.push(resolve));
    });
    using _runs = { [Symbol.dispose]: () => finish.forEach((end) => end()) };
    const { jobId } = await cron.job('slow', { expression: '0 1-2 12 * * * *', overlap: 'queueOne' });
    await cron.pass('150s');
    const ofRecords = async (): Promise<readonly unknown[]> => (await cron.history(jobId)).map(({ trace_id }) => trace_id).reverse();
    expect([await ofRecords(), traces.length]).toEqual([[traces[0], expect.stringMatching(/^[0-9a-f]{32}$/)], 1]);
    finish[0]?.();
    await cron.pass('1s');
    expect([await ofRecords(), new Set(traces).size]).toEqual([traces, 2]);
    finish[1]?.();
    await cron.pass('1s');
    expect(recorded.spans.filter(({ isEnded }) => !isEnded)).toEqual([]);
  });

  it('of slots that are skipped are closed too', async () => {
    const recorded = recorder();
    await using cron = await startCron({ modules: [recorded.module] });
    let finish = (): void => undefined;
    await cron.job('slow', { expression: '0 * * * * * *' }, () => new Promise<void>((resolve) => (finish = resolve)));
    await cron.pass('2m');
    finish();
    await cron.pass('1s');
    expect(recorded.spans.filter(({ name }) => name === 'cron slow')).toMatchObject([{ isEnded: true }, { isEnded: true, attributes: { 'iii.cron.outcome': 'skipped' } }]);
  });
});

describe('numbers', () => {
  it('count runs by result, skipped slots by reason, and how late slots were claimed', async () => {
    const recorded = recorder();
    await using cron = await startCron({ modules: [recorded.module] });
    await cron.job('works', { expression: '0 1 12 * * * *' });
    await cron.job('fails', { expression: '0 1 12 * * * *' }, () => {
      throw new Error('on purpose');
    });
    const finish: (() => void)[] = [];
    await cron.job('slow', { expression: '0 1-2 12 * * * *' }, () => new Promise<void>((resolve) => finish.push(resolve)));
    await cron.pass('3m');
    for (const resolve of finish) resolve();
    await cron.pass('1s');
    expect(recorded.of('cron_runs_total')).toEqual(expect.arrayContaining([
      { value: 1, 'iii.function.id': 'works', result: 'succeeded' }, { value: 1, 'iii.function.id': 'fails', result: 'failed' },
      { value: 1, 'iii.function.id': 'slow', result: 'skipped', reason: 'overlap' }, { value: 1, 'iii.function.id': 'slow', result: 'succeeded' },
    ]));
    expect(recorded.of('cron_runs_total')).toHaveLength(4);
    expect(recorded.of('cron_lateness_ms')).toHaveLength(3);
    expect(recorded.of('cron_missed_total')).toEqual([]);
  });

  it('C2 count missed slots', async () => {
    const recorded = recorder();
    await using cron = await startCron({ modules: [recorded.module] });
    await cron.job('tick', { expression: '0 * * * * * *' });
    await cron.job('skips', { expression: '0 * * * * * *', catch_up: 'skip' });
    cron.clock.jump('2026-03-10T12:10:30Z');
    await cron.pass('1m');
    expect(recorded.of('cron_missed_total')).toEqual(expect.arrayContaining([{ value: 10, 'iii.function.id': 'tick' }, { value: 11, 'iii.function.id': 'skips' }]));
  });
});
