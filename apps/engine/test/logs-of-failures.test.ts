import { describe, expect, it } from '@jest/globals';
import { RestServiceRef, type InvokeOptions, type ModuleUse } from '@motia/engine-core/contract';
import { ManualClock, startTestHost, type TestHost } from '@motia/engine-core/testing';
import { cron } from '@motia/module-cron';
import { otel } from '@motia/module-otel';
import { pubsub } from '@motia/module-pubsub';
import { queue } from '@motia/module-queue';
import { rest } from '@motia/module-rest';
import { state } from '@motia/module-state';

const trace = { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` };
const traceId = 'ab'.repeat(16);

interface Way {
  readonly name: string;
  readonly message: string;
  readonly trigger?: { readonly type: string; readonly config: Readonly<Record<string, unknown>> };
  /** Makes it happen by calls of `invoke`, which are made in the trace that is looked for. */
  readonly cause: (invoke: (functionId: string, payload: unknown, options?: InvokeOptions) => Promise<unknown>, host: TestHost) => Promise<unknown>;
}
const call = (functionId: string, payload: unknown): Way['cause'] => (invoke) => invoke(functionId, payload);
const ways: readonly Way[] = [
  { name: 'a call that nobody waits for', message: 'A call without answer failed', cause: (invoke) => invoke('fails', {}, { action: { type: 'void' } }) },
  {
    name: 'a delivery that comes again', message: 'A delivery failed; the message comes again',
    trigger: { type: 'queue', config: { topic: 't', queue_config: { maxRetries: 1, backoffDelayMs: 60_000 } } }, cause: call('enqueue', { topic: 't', data: 1 }),
  },
  {
    name: 'a message that is given up', message: 'A message was given up; it is among the dead letters',
    trigger: { type: 'queue', config: { topic: 't', queue_config: { maxRetries: 0 } } }, cause: call('enqueue', { topic: 't', data: 1 }),
  },
  {
    name: 'a subscriber', message: 'A subscriber failed; the message is not delivered again',
    trigger: { type: 'subscribe', config: { topic: 't' } }, cause: call('publish', { topic: 't', data: 1 }),
  },
  {
    name: 'a state trigger', message: 'A trigger call failed and will be tried again',
    trigger: { type: 'state', config: { scope: 's' } }, cause: call('state::set', { scope: 's', key: 'k', value: 1 }),
  },
  {
    name: 'a request', message: 'Request failed', trigger: { type: 'http', config: { api_path: '/fails', http_method: 'GET' } },
    cause: (_invoke, host) => fetch(`http://127.0.0.1:${String(host.service(RestServiceRef).address()?.port)}/fails`, { headers: trace }),
  },
];

/** An engine with a function that fails. */
async function start(modules: readonly ModuleUse[], clock?: ManualClock): Promise<TestHost> {
  const host = await startTestHost([otel(), ...modules], clock === undefined ? {} : { clock });
  host.functions.register({ id: 'fails' }, () => {
    throw new Error('no tea');
  });
  return host;
}

describe('O2 what the engine logs of a failure carries the trace in which it happened', () => {
  it.each(ways)('of $name', async ({ message, trigger, cause }) => {
    await using host = await start([rest({ port: 0 }), queue(), pubsub(), state()]);
    if (trigger !== undefined) await host.triggers.register({ ...trigger, functionId: 'fails' });
    await cause((id, payload, options) => host.functions.invoke(id, payload, { ...options, trace }), host);
    const record = await host.logs.next((seen) => seen.message === message);
    expect(record).toMatchObject({ traceId, spanId: expect.stringMatching(/^[0-9a-f]{16}$/) });
    const { logs } = (await host.functions.invoke('engine::logs::list', { trace_id: traceId })) as { readonly logs: readonly { readonly body: string }[] };
    expect(logs.map(({ body }) => body)).toContain(message);
  });

  it.each([
    { how: 'called directly', modules: [] },
    { how: 'on the queue', modules: [queue({ queue_configs: { default: { max_retries: 0 } } })] },
  ])('of a cron run $how', async ({ modules }) => {
    await using host = await start([...modules, cron()]);
    await host.triggers.register({ type: 'cron', functionId: 'fails', config: { expression: '0 0 0 1 1 * 9999' } });
    await host.functions.invoke('cron::run_now', { job_id: host.triggers.list().find(({ type }) => type === 'cron')?.id });
    const record = await host.logs.next((seen) => seen.message === 'A cron run failed');
    const { runs } = (await host.functions.invoke('cron::history', {})) as { readonly runs: readonly { readonly trace_id: string }[] };
    expect([record.traceId]).toEqual(runs.map((run) => run.trace_id));
  });
});

describe('log triggers', () => {
  it.each(ways.filter(({ name }) => name !== 'a request'))('start nothing for the failure of $name that they led to', async ({ message, trigger, cause }) => {
    const clock = new ManualClock();
    await using host = await start([queue(), pubsub(), state()], clock);
    const { functions } = host;
    if (trigger !== undefined) await host.triggers.register({ ...trigger, functionId: 'fails' });
    const heard: string[] = [];
    functions.register({ id: 'onLog' }, (payload, { trace: own }) => {
      heard.push((payload as { readonly body: string }).body);
      return cause((id, input, options) => functions.invoke(id, input, { ...options, trace: own }), host);
    });
    await host.triggers.register({ type: 'log', functionId: 'onLog', config: { level: 'warn' } });
    await functions.invoke('engine::log::warn', { message: 'once' });
    await host.logs.next((seen) => seen.message === message);
    await clock.advance(1_000);
    expect(heard).toEqual(['once']);
  });
});
