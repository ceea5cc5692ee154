import { describe, expect, it } from '@jest/globals';
import { MotiaError, WireValue } from '../src/index.js';
import type { IncomingInvoke } from '../src/index.js';
import { connectedPair, endpointWithWire, invocation, turn, until } from './connected-pair.js';

describe('a call', () => {
  it('is answered with the value that the handler returned', async () => {
    const { engine, worker } = connectedPair();
    worker.onInvoke(({ params, payload }) => ({ id: params.functionId, payload }));
    engine.listen();
    worker.listen();
    expect(await engine.invoke(invocation('echo "ü"'), { a: 'ü😀' }).result).toEqual({ id: 'echo "ü"', payload: { a: 'ü😀' } });
    engine.close();
  });

  it('goes both ways at the same time', async () => {
    const { engine, worker } = connectedPair();
    worker.onInvoke(async ({ payload }) => `worker(${String(await worker.invoke(invocation('state::get'), payload).result)})`);
    engine.onInvoke(({ payload }) => `engine(${String(payload)})`);
    engine.listen();
    worker.listen();
    const results = await Promise.all([1, 2, 3].map((n) => engine.invoke(invocation('f'), n).result));
    expect(results).toEqual(['worker(engine(1))', 'worker(engine(2))', 'worker(engine(3))']);
    engine.close();
  });

  it('carries every field of its envelope', async () => {
    const { engine, worker } = connectedPair();
    let seen: IncomingInvoke | undefined;
    worker.onInvoke((call) => void (seen = call));
    engine.listen();
    worker.listen();
    const params = {
      functionId: 'f', invocationId: 'i', timeoutMs: 12.5, attempt: 2, depth: 3, idempotencyKey: 'k"1', parentInvocationId: 'p',
      trace: { traceparent: '00-a-b-01', tracestate: 'x=1', baggage: 'y=ü' }, action: { type: 'enqueue', queue: 'mail' } as const,
    };
    await engine.invoke(params, [1]).result;
    expect(seen?.params).toEqual({ ...params, payload: [1] });
    expect(seen?.expectsReply).toBe(true);
    engine.close();
  });

  it('tells how long the handler took to whoever asks, with results, errors, raw parts and no value alike', async () => {
    const { engine, worker } = connectedPair();
    const agreed = { rawBodies: true, rawThresholdBytes: 1 };
    engine.setNegotiated(agreed);
    worker.setNegotiated(agreed);
    worker.onInvoke(async ({ payload }) => {
      await turn();
      if (payload === 'fail') throw new Error('no');
      return payload === 'raw' ? new WireValue('', { at: '', as: 'bytes', bytes: Buffer.from('x') }) : payload;
    });
    engine.listen();
    worker.listen();
    for (const payload of ['value', 'fail', 'raw', undefined]) {
      const timed = engine.invoke({ ...invocation('f'), timed: true }, payload, { wireResult: true });
      await timed.result.catch(() => undefined);
      expect(timed.handlerMs).toBeGreaterThan(0);
      const untimed = engine.invoke(invocation('f'), payload, { wireResult: true });
      await untimed.result.catch(() => undefined);
      expect(untimed.handlerMs).toBeUndefined();
    }
    engine.close();
  });

  it.each(['"1"', '-1', '1e999', 'null'])('passes over a handler time of %s', async (handlerMs) => {
    const { endpoint, send } = endpointWithWire();
    endpoint.listen();
    const call = endpoint.invoke({ ...invocation('f'), timed: true }, 1);
    send(`{"jsonrpc":"2.0","id":"e1","result":1,"handlerMs":${handlerMs}}`);
    expect(await call.result).toBe(1);
    expect(call.handlerMs).toBeUndefined();
    endpoint.close();
  });

  it('keeps no value and null apart, as payload and as result', async () => {
    const { engine, worker } = connectedPair();
    worker.onInvoke(({ payload }) => payload);
    engine.listen();
    worker.listen();
    expect(await engine.invoke(invocation('echo'), undefined).result).toBeUndefined();
    expect(await engine.invoke(invocation('echo'), null).result).toBeNull();
    engine.close();
  });

  it('without reply sends no answer', async () => {
    const { engine, worker } = connectedPair();
    const seen: unknown[] = [];
    worker.onInvoke(({ payload, expectsReply }) => seen.push([payload, expectsReply]));
    engine.listen();
    worker.listen();
    engine.invokeVoid(invocation('f'), 'note');
    await until(() => seen.length === 1);
    expect(seen).toEqual([['note', false]]);
    await turn();
    expect(worker.counters.framesOut).toBe(0);
    engine.close();
  });

  it('that is cancelled is told to the handler once and still answered', async () => {
    const { engine, worker } = connectedPair();
    const reasons: string[] = [];
    worker.onInvoke((call) => new Promise((resolve) => call.onCancel((reason) => resolve(reasons.push(reason)))));
    engine.listen();
    worker.listen();
    const call = engine.invoke(invocation('slow'), 1);
    call.cancel();
    call.cancel();
    expect(await call.result).toBe(1);
    expect(reasons).toEqual(['the caller cancelled the call']);
    call.cancel();
    engine.close();
  });

  it('that is cancelled with a reason tells it, however long or odd it is', async () => {
    const { engine, worker } = connectedPair();
    worker.onInvoke((call) => new Promise((resolve) => call.onCancel(resolve)));
    engine.listen();
    worker.listen();
    const cancelled = async (reason: string): Promise<unknown> => {
      const call = engine.invoke(invocation('slow'), 1);
      call.cancel(reason);
      return call.result;
    };
    expect(await cancelled('the deadline passed after 50 ms')).toBe('the deadline passed after 50 ms');
    expect(await cancelled('a "quote"\n')).toBe('a "quote"\n');
    expect(await cancelled('x'.repeat(2_000))).toBe('x'.repeat(500));
    expect(await cancelled('')).toBe('the caller cancelled the call');
    engine.close();
  });

  it('that is abandoned fails at once, and its late answer is counted and dropped', async () => {
    const { engine, worker } = connectedPair();
    let answer: (value: unknown) => void = () => {};
    worker.onInvoke(() => new Promise((resolve) => (answer = resolve)));
    engine.listen();
    worker.listen();
    const call = engine.invoke(invocation('slow'), 1);
    await until(() => worker.counters.framesIn === 1);
    call.abandon(new MotiaError({ code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED', message: 'late' }));
    await expect(call.result).rejects.toMatchObject({ code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED' });
    answer('too late');
    await until(() => engine.counters.lateAnswers === 1);
    expect(engine.pendingCalls).toBe(0);
    engine.close();
  });
});

describe('an error', () => {
  it('of ours keeps code, status, hint, details and stack', async () => {
    const { engine, worker } = connectedPair();
    const error = { code: 'MOTIA_SDK_X', message: 'no', status: 418, hint: 'h', retryable: true, details: { a: 1 } };
    worker.onInvoke(() => Promise.reject(new MotiaError(error)));
    engine.listen();
    worker.listen();
    await expect(engine.invoke(invocation('x'), {}).result).rejects.toMatchObject(error);
    engine.close();
  });

  it('that a handler throws without a code becomes HANDLER_FAILED with its message', async () => {
    const { engine, worker } = connectedPair();
    worker.onInvoke(({ params }) => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what users' code may do
      if (params.functionId === 'odd') throw 'a string';
      throw new TypeError('x is not a function');
    });
    engine.listen();
    worker.listen();
    await expect(engine.invoke(invocation('x'), {}).result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_HANDLER_FAILED', message: 'x is not a function', details: { name: 'TypeError' } });
    await expect(engine.invoke(invocation('odd'), {}).result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_HANDLER_FAILED', details: { name: 'string' } });
    engine.close();
  });

  it('says when nobody handles calls', async () => {
    const { engine, worker } = connectedPair();
    engine.listen();
    worker.listen();
    await expect(engine.invoke(invocation('x'), {}).result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_METHOD_NOT_FOUND' });
    await expect(engine.request('drain', { deadlineMs: 1 })).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_METHOD_NOT_FOUND' });
    engine.close();
  });

  const cyclic: Record<string, unknown> = { a: [1] };
  cyclic['b~/'] = { cyclic };
  it.each([
    [{ a: [{ b: 1n }] }, '/a/0/b', 'it is a BigInt'],
    [cyclic, '/b~0~1/cyclic', 'it contains itself'],
    [() => 1, '', 'it is a function'],
    [Symbol('s'), '', 'it is a symbol'],
    [{ a: { toJSON: () => { throw new Error('refused'); } } }, '/a', 'refused'],
  ])('of a value that JSON cannot carry names its place (%#)', async (value, path, reason) => {
    const { engine, worker } = connectedPair();
    worker.onInvoke(({ payload }) => (payload === 'return' ? value : payload));
    engine.listen();
    worker.listen();
    const expected = { code: 'MOTIA_PROTOCOL_NOT_SERIALIZABLE', details: { path, reason } };
    await expect(engine.invoke(invocation('x'), value).result).rejects.toMatchObject(expected);
    await expect(engine.invoke(invocation('x'), 'return').result).rejects.toMatchObject(expected);
    expect(engine.pendingCalls).toBe(0);
    engine.close();
  });
});

describe('raw bodies', () => {
  const raw = { at: '/body', as: 'json', bytes: Buffer.from('{"x":"é"}') } as const;
  const plain = { status: 200, body: { x: 'é' } };

  it.each([true, false])('arrive as they were sent (agreed: %s)', async (rawBodies) => {
    const { engine, worker } = connectedPair();
    for (const end of [engine, worker]) end.setNegotiated({ rawBodies, rawThresholdBytes: 0 });
    const seen: unknown[] = [];
    worker.onInvoke(({ payload }) => {
      seen.push(payload instanceof WireValue ? payload.toValue() : payload);
      return payload;
    });
    engine.listen();
    worker.listen();
    const result = await engine.invoke(invocation('x'), new WireValue('{"status":200}', raw), { wireResult: true }).result;
    expect(result instanceof WireValue ? result.toValue() : result).toEqual(plain);
    expect(result instanceof WireValue).toBe(rawBodies);
    expect(await engine.invoke(invocation('x'), new WireValue('{"status":200}', raw)).result).toEqual(plain);
    for (const [as, value] of [['text', '{"x":"é"}'], ['bytes', Buffer.from(raw.bytes)], ['json', { x: 'é' }]] as const) {
      expect(await engine.invoke(invocation('x'), new WireValue('null', { at: '', as, bytes: raw.bytes })).result).toEqual(value);
      expect(await engine.invoke(invocation('x'), new WireValue('{}', { at: '/body', as, bytes: raw.bytes })).result).toEqual({ body: value });
    }
    expect(seen.slice(0, 4)).toEqual([plain, plain, '{"x":"é"}', { body: '{"x":"é"}' }]);
    engine.close();
  });

  it('under the threshold travel as plain JSON', async () => {
    const { engine, worker } = connectedPair();
    for (const end of [engine, worker]) end.setNegotiated({ rawBodies: true, rawThresholdBytes: 100 });
    worker.onInvoke(({ payload }) => payload instanceof WireValue);
    engine.listen();
    worker.listen();
    expect(await engine.invoke(invocation('x'), new WireValue('{}', raw)).result).toBe(false);
    engine.close();
  });

  it('that are no JSON fail the call that sends them plain', async () => {
    const { engine, worker } = connectedPair();
    worker.onInvoke(() => 1);
    engine.listen();
    worker.listen();
    const bad = new WireValue('{}', { at: '/body', as: 'json', bytes: Buffer.from('{') });
    await expect(engine.invoke(invocation('x'), bad).result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_NOT_SERIALIZABLE', details: { path: '/body' } });
    engine.close();
  });

  it('before both sides agreed are a fault', async () => {
    const faults: string[] = [];
    const { endpoint, wire } = endpointWithWire({ events: { onFault: ({ message }) => faults.push(message) } });
    endpoint.listen();
    const envelope = '{"jsonrpc":"2.0","method":"logs/emit","params":{},"raw":{"at":"","as":"bytes"}}';
    wire.write(`Content-Length: ${envelope.length + 2}\r\nContent-Type: application/vnd.motia.raw; envelope=${envelope.length}\r\n\r\n${envelope}12`);
    await until(() => faults.length > 0);
    expect(faults.at(-1)).toContain('raw frames were not negotiated');
    endpoint.close();
  });
});

describe('closing', () => {
  it('fails every pending call before onClose, tells running handlers, and refuses new calls', async () => {
    const events: string[] = [];
    const { engine, worker } = connectedPair({}, { events: { onClose: () => events.push('worker closed') } });
    worker.onInvoke((call) => new Promise(() => call.onCancel((reason) => events.push(reason))));
    worker.onRequest('drain', () => new Promise(() => {}));
    engine.listen();
    worker.listen();
    const hot = engine.invoke(invocation('x'), {});
    const cold = engine.request('drain', { deadlineMs: 1 });
    await until(() => worker.counters.framesIn === 2);
    expect(engine.pendingCalls).toBe(2);
    engine.close();
    await expect(hot.result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED' });
    await expect(cold).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED' });
    await expect(engine.invoke(invocation('x'), {}).result).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED' });
    await expect(engine.request('ping', {})).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED' });
    await until(() => events.length === 2);
    expect(events).toEqual(['the connection is closed', 'worker closed']);
    expect(engine.pendingCalls).toBe(0);
  });

  it('hands over what was written before', async () => {
    const seen: unknown[] = [];
    const { engine, worker } = connectedPair();
    worker.onNotification('shutdown', ({ reason }) => seen.push(reason));
    engine.listen();
    worker.listen();
    engine.notify('shutdown', { reason: 'reload' });
    engine.close();
    await until(() => seen.length === 1);
    expect(seen).toEqual(['reload']);
  });
});

describe('an end that comes together with answers', () => {
  it('lets all of them arrive first, refusals too', async () => {
    const { endpoint, wire, send, nextSent } = endpointWithWire({ role: 'worker' });
    endpoint.listen();
    const requests = [endpoint.request('ping', {}), endpoint.request('ping', {}), endpoint.request('ping', {})];
    const ids: unknown[] = [];
    for (const _ of requests) ids.push(((await nextSent()) as { id: unknown }).id);
    send({ jsonrpc: '2.0', id: ids[0], result: {} });
    send({ jsonrpc: '2.0', id: ids[1], error: { code: 1, message: 'no', data: { code: 'MOTIA_ENGINE_WORKER_UNAUTHORIZED', message: 'no' } } });
    wire.end();
    expect((await Promise.allSettled(requests)).map((outcome) => (outcome.status === 'fulfilled' ? 'answered' : (outcome.reason as MotiaError).code))).toEqual([
      'answered', 'MOTIA_ENGINE_WORKER_UNAUTHORIZED', 'MOTIA_PROTOCOL_CONNECTION_CLOSED',
    ]);
    expect(() => endpoint.invokeVoid(invocation('f'), null)).toThrow(expect.objectContaining({ code: 'MOTIA_PROTOCOL_CONNECTION_CLOSED' }));
  });
});
