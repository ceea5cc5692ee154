import { describe, expect, it } from '@jest/globals';
import { TelemetrySinkRef } from '@motia/engine-core/contract';
import { connectTestWorker } from '@motia/engine-core/testing';
import { startOtel } from './fixtures/start-otel.js';

const turns = async (count = 20): Promise<void> => {
  for (let n = 0; n < count; n += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

describe('log triggers', () => {
  it('call functions with records of their level', async () => {
    await using otel = await startOtel({ level: 'debug' });
    const seen: string[] = [];
    otel.host.functions.register({ id: 'onError' }, (payload) => void seen.push(`error:${(payload as { readonly body: string }).body}`));
    otel.host.functions.register({ id: 'onAll' }, (payload) => void seen.push(`all:${(payload as { readonly body: string }).body}`));
    await otel.host.triggers.register({ type: 'log', functionId: 'onError', config: { level: 'error' } });
    await otel.host.triggers.register({ type: 'log', functionId: 'onAll', config: {} });
    const child = otel.host.logger.child({ traceId: 'ab'.repeat(16) });
    child.info('hello');
    child.error('no tea');
    await turns();
    expect(seen.filter((each) => /hello|no tea/.test(each)).sort()).toEqual(['all:hello', 'all:no tea', 'error:no tea']);
  });

  it('start nothing for what their functions log, however deep', async () => {
    await using otel = await startOtel();
    let calls = 0;
    await using worker = await connectTestWorker(otel.host, {
      functions: {
        onLog: async (_payload, call) => {
          calls += 1;
          worker.log({ level: 'info', message: 'of the handler', invocationId: call.params.invocationId });
          await worker.invoke('nested', {}, { parent: call });
          await worker.invoke('engine::log::info', { message: 'of the engine' }, { parent: call });
          throw new Error('and it fails');
        },
        nested: (_payload, call) => {
          worker.log({ level: 'error', message: 'of a nested call', invocationId: call.params.invocationId });
          return 1;
        },
      },
      triggers: [{ type: 'log', functionId: 'onLog', config: { level: 'info' } }],
    });
    await turns();
    const before = calls;
    otel.host.logger.info('once');
    await turns(60);
    expect(calls - before).toBe(1);
    expect(otel.host.logs.records.filter(({ message }) => message.startsWith('A function that follows the log failed'))).toHaveLength(calls);
    expect((await otel.call<{ total: number }>('engine::logs::list', { search: 'of a nested call' })).total).toBeGreaterThan(0);
  });

  it('start nothing for what their functions log into another trace', async () => {
    await using otel = await startOtel();
    let calls = 0;
    await using worker = await connectTestWorker(otel.host, {
      functions: {
        onLog: async (payload, call) => {
          calls += 1;
          const { trace_id: traceId } = payload as { trace_id: string };
          await worker.invoke('engine::log::info', { message: 'about that trace', trace_id: traceId }, { parent: call });
        },
      },
      triggers: [{ type: 'log', functionId: 'onLog', config: { level: 'info' } }],
    });
    await turns();
    const before = calls;
    otel.host.logger.child({ traceId: 'ab'.repeat(16) }).info('once');
    await turns(60);
    expect(calls - before).toBe(1);
    await otel.call('engine::log::info', { message: 'of somebody else', trace_id: 'ab'.repeat(16) });
    await turns(60);
    expect(calls - before).toBe(2);
  });

  it('start nothing for a print that one of their functions may have written', async () => {
    await using otel = await startOtel();
    let calls = 0;
    await using worker = await connectTestWorker(otel.host, {
      functions: {
        onLog: async () => {
          calls += 1;
          await turns(1);
          // Of a process below it: nobody can tell which call it belongs to.
          otel.host.service(TelemetrySinkRef).log({ level: 'info', time: otel.clock.now(), message: 'a stray print', source: 'app', stream: 'stdout', workerId: worker.handle.id });
          await turns(1);
        },
      },
      triggers: [{ type: 'log', functionId: 'onLog', config: { level: 'info' } }],
    });
    await turns();
    const before = calls;
    otel.host.logger.info('once');
    otel.host.logger.info('twice');
    await turns(60);
    expect(calls - before).toBe(2);
    otel.host.service(TelemetrySinkRef).log({ level: 'info', time: otel.clock.now(), message: 'a print while none of them runs', source: 'app', stream: 'stderr' });
    await turns(60);
    expect(calls - before).toBe(3);
  });

  it('start nothing any more once they are gone, for what waited either', async () => {
    await using otel = await startOtel();
    const ends: (() => void)[] = [];
    otel.host.functions.register({ id: 'slow' }, () => new Promise<void>((resolve) => ends.push(resolve)));
    const trigger = await otel.host.triggers.register({ type: 'log', functionId: 'slow', config: { level: 'warn' } });
    for (let n = 0; n < 20; n += 1) otel.host.logger.warn('x');
    await turns();
    expect(ends).toHaveLength(8);
    trigger.dispose();
    await turns();
    for (const end of ends) end();
    await turns();
    expect(ends).toHaveLength(8);
  });

  it('wait in a line that ends somewhere, and what finds no room is counted', async () => {
    await using otel = await startOtel();
    otel.host.functions.register({ id: 'never' }, () => new Promise(() => undefined));
    await otel.host.triggers.register({ type: 'log', functionId: 'never', config: { level: 'warn' } });
    for (let n = 0; n < 2_000; n += 1) {
      otel.host.logger.warn('x');
      if (n % 100 === 0) await turns(1);
    }
    const { logs: counted } = await otel.call<{ logs: { trigger_dropped: number } }>('engine::telemetry::stats');
    expect(counted.trigger_dropped).toBeGreaterThan(900);
  });
});
