import { describe, expect, it } from '@jest/globals';
import { connectTestWorker } from '../../src/testing/connect-test-worker.js';
import { gate, startKernel, turns } from '../functions/start-kernel.js';
import { connectRawWorker } from './raw-worker.js';

describe('logs of workers', () => {
  it('O2 stand on the trace of the call that wrote them, whatever ids they claim', async () => {
    await using host = startKernel();
    const release = gate();
    await using worker = await connectTestWorker(host.kernel, {
      owner: 'app',
      functions: {
        f: async (_payload, { params }) => {
          worker.log({ level: 'warn', message: 'inside', data: { order: 7 }, invocationId: params.invocationId, functionId: 'forged', traceId: 'f'.repeat(32), spanId: 'e'.repeat(16) });
          worker.log({ level: 'info', message: 'own span', invocationId: params.invocationId, traceId: params.trace!.traceparent.slice(3, 35), spanId: 'd'.repeat(16), source: 'stdout' });
          await release.promise;
        },
      },
    });
    const call = host.kernel.functions.open('f', {});
    const traceId = call.trace.traceparent.slice(3, 35);
    const inside = await host.log.next(({ message }) => message === 'inside');
    expect(inside).toEqual({
      level: 'warn', message: 'inside', time: expect.any(Number), source: 'app', workerId: worker.handle.id, invocationId: call.id, functionId: 'f',
      traceId, spanId: call.trace.traceparent.slice(36, 52), fields: { order: 7 },
    });
    expect(await host.log.next(({ message }) => message === 'own span')).toMatchObject({ traceId, spanId: 'd'.repeat(16), stream: 'stdout' });
    release.open();
    await call.result;
  });

  it('O2 find their call shortly after it was answered', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { functions: { f: () => 1 } });
    const call = host.kernel.functions.open('f', {});
    await call.result;
    worker.log({ level: 'info', message: 'afterwards', invocationId: call.id });
    expect(await host.log.next(({ message }) => message === 'afterwards')).toMatchObject({ functionId: 'f', traceId: call.trace.traceparent.slice(3, 35) });
  });

  it('are kept and marked when their call is unknown, or runs on another worker', async () => {
    await using host = startKernel();
    const release = gate();
    await using _runs = await connectTestWorker(host.kernel, { owner: 'runs', functions: { f: () => release.promise } });
    await using other = await connectTestWorker(host.kernel, { owner: 'other' });
    const call = host.kernel.functions.open('f', {});
    other.log({ level: 'error', message: 'foreign', data: 'text', invocationId: call.id, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) });
    expect(await host.log.next(({ message }) => message === 'foreign')).toMatchObject({
      level: 'error', source: 'other', workerId: other.handle.id, invocationId: call.id, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), fields: { data: 'text', unknownInvocation: true },
    });
    release.open();
    await call.result;
  });

  it('survive wrong levels, times and texts, are cut at 64 KiB, and say how many were dropped', async () => {
    await using host = startKernel();
    const worker = await connectRawWorker(host.kernel, []);
    const entries = [
      { level: 'loud', message: 'odd level', timestamp: 'yesterday', workerId: 'forged', source: 'syslog', traceId: 'xyz', spanId: 'b'.repeat(16) },
      { level: 'info', message: { not: 'text' }, timestamp: 5 },
      { level: 'info', message: 'x'.repeat(70_000), timestamp: 6 },
      'not an entry',
    ];
    worker.send({ method: 'logs/emit', params: { entries, dropped: 12 } });
    await turns();
    const records = host.log.records.filter(({ source }) => source === 'raw');
    expect(records[0]).toEqual({ level: 'info', message: 'odd level', time: expect.any(Number), source: 'raw', workerId: worker.handle.id });
    expect(records[1]).toMatchObject({ message: '[object Object]', time: 5 });
    expect(records[2]!.message).toHaveLength(64 * 1024 + '… (70000 characters)'.length);
    expect(records[3]).toMatchObject({ level: 'warn', message: '12 log entries were dropped by the process' });
    expect(records).toHaveLength(4);
  });
});
