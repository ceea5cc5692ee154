import { describe, expect, it } from '@jest/globals';
import { createEndpoint, createMemoryTransportPair, isMotiaError, MotiaError, WireValue } from '../src/index.js';
import type { Endpoint, EndpointOptions } from '../src/index.js';

function pair(engine: Partial<EndpointOptions> = {}, worker: Partial<EndpointOptions> = {}): { engine: Endpoint; worker: Endpoint } {
  const [left, right] = createMemoryTransportPair();
  return { engine: createEndpoint(left, { ...engine, role: 'engine' }), worker: createEndpoint(right, { ...worker, role: 'worker' }) };
}
const call = (functionId: string) => ({ functionId, invocationId: 'i1' });

describe('an endpoint', () => {
  it('answers a call with the value that the handler returned', async () => {
    const { engine, worker } = pair();
    worker.onInvoke(({ params, payload }) => ({ id: params.functionId, payload }));
    engine.listen();
    worker.listen();
    expect(await engine.invoke(call('echo'), { a: 'ü' }).result).toEqual({ id: 'echo', payload: { a: 'ü' } });
    engine.close();
  });

  it('keeps no value and null apart', async () => {
    const { engine, worker } = pair();
    worker.onInvoke(({ payload }) => payload);
    engine.listen();
    worker.listen();
    expect(await engine.invoke(call('echo'), undefined).result).toBeUndefined();
    expect(await engine.invoke(call('echo'), null).result).toBeNull();
    engine.close();
  });

  it('carries an error with its code', async () => {
    const { engine, worker } = pair();
    worker.onInvoke(() => Promise.reject(new MotiaError({ code: 'MOTIA_SDK_X', message: 'no', status: 418, details: { a: 1 } })));
    engine.listen();
    worker.listen();
    await expect(engine.invoke(call('x'), {}).result).rejects.toMatchObject({ code: 'MOTIA_SDK_X', status: 418, details: { a: 1 } });
    engine.close();
  });

  it('carries raw bodies unread', async () => {
    const { engine, worker } = pair();
    for (const end of [engine, worker]) end.setNegotiated({ rawBodies: true, rawThresholdBytes: 0 });
    worker.onInvoke(({ payload }) => payload);
    engine.listen();
    worker.listen();
    const raw = { at: '/body', as: 'json', bytes: Buffer.from('{"x":1}') } as const;
    const result = await engine.invoke(call('x'), new WireValue('{"status":200}', raw), { wireResult: true }).result;
    expect((result as WireValue).toValue()).toEqual({ status: 200, body: { x: 1 } });
    expect(await engine.invoke(call('x'), new WireValue('{"status":200}', raw)).result).toEqual({ status: 200, body: { x: 1 } });
    engine.close();
  });

  it('carries other requests through the library and fails them when the connection closes', async () => {
    const { engine, worker } = pair();
    worker.onRequest('ping', () => ({ uptimeMs: 1, inFlight: 0 }));
    worker.onRequest('drain', () => new Promise(() => undefined));
    engine.listen();
    worker.listen();
    expect(await engine.request('ping', {})).toEqual({ uptimeMs: 1, inFlight: 0 });
    const drain = engine.request('drain', { deadlineMs: 1 });
    const hanging = engine.invoke(call('x'), {});
    engine.close();
    await expect(drain).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED' });
    await hanging.result.catch((error: unknown) => expect(isMotiaError(error)).toBe(true));
  });
});
