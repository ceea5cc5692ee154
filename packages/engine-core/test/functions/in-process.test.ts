import { describe, expect, it } from '@jest/globals';
import { MotiaError, WireValue } from '@motia/protocol';
import type { InvocationContext } from '../../src/contract/functions.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { failureOf, gate, startKernel, turns } from './start-kernel.js';

describe('functions in the engine process', () => {
  it('answers with what the handler returns or resolves to', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    functions.register({ id: 'sum' }, (payload) => (payload as { a: number; b: number }).a + (payload as { a: number; b: number }).b);
    functions.register({ id: 'later' }, async (payload) => {
      await turns(1);
      return payload;
    });
    await expect(functions.invoke('sum', { a: 1, b: 2 })).resolves.toBe(3);
    await expect(functions.invoke('later', ['x'])).resolves.toEqual(['x']);
  });

  it('fails a call with a code whatever its handler throws', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    const unreadable = Object.defineProperty(new Error('x'), 'message', { get: () => { throw new Error('no'); } });
    const odd: readonly (readonly [unknown, string])[] = [
      [Symbol('s'), '[symbol]'], [Object.create(null), '{}'], [{ toJSON: () => { throw new Error('no'); } }, '[unreadable]'], [Object.assign(new Error('x'), { name: 7 }), 'x'],
      [unreadable, 'something that cannot be read was thrown'], [undefined, 'undefined'], [12n, '12'], ['just text', 'just text'], [{ why: 'so' }, '{"why":"so"}'],
    ];
    let thrown: unknown;
    functions.register({ id: 'odd' }, () => {
      throw thrown;
    });
    for (const [each, message] of odd) {
      thrown = each;
      const error = await failureOf(functions.invoke('odd', {}));
      expect([error.code, error.message]).toEqual(['MOTIA_ENGINE_HANDLER_FAILED', expect.stringContaining(message)]);
    }
  });

  it('names the nearest functions when an id is unknown', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    functions.register({ id: 'state::get' }, () => null);
    const error = await failureOf(functions.invoke('state::gte', {}));
    expect(error.code).toBe('MOTIA_ENGINE_FUNCTION_NOT_FOUND');
    expect(error.status).toBe(404);
    expect(error.message).toContain('Did you mean "state::get"?');
  });

  it('gives an id to one owner only and takes it back on dispose', () => {
    const { kernel } = startKernel();
    const first = kernel.scoped('first').functions.register({ id: 'a' }, () => 1);
    expect(() => kernel.scoped('second').functions.register({ id: 'a' }, () => 2)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_FUNCTION_CONFLICT', message: expect.stringContaining('first') }));
    first.dispose();
    first.dispose();
    expect(kernel.functions.has('a')).toBe(false);
    expect(() => kernel.scoped('second').functions.register({ id: 'a' }, () => 2)).not.toThrow();
  });

  it.each([
    ['nothing', ''],
    ['a space at the end', 'padded '],
    ['a line feed', 'line\nfeed'],
    ['513 characters', 'x'.repeat(513)],
  ])('refuses a name of %s', (_what, id) => {
    const { kernel } = startKernel();
    expect(() => kernel.functions.register({ id }, () => null)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_INVALID_NAME' }));
  });

  it('refuses a description of a megabyte', () => {
    const { kernel } = startKernel();
    expect(() => kernel.functions.register({ id: 'a', description: 'x'.repeat(1024 * 1024) }, () => null)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_LIMIT' }));
  });

  it('turns what a handler throws into a coded error that keeps cause and stack', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    const cause = new TypeError('cannot read x');
    functions.register({ id: 'throws' }, () => {
      throw cause;
    });
    functions.register({ id: 'rejects' }, () => Promise.reject(new MotiaError({ code: 'MOTIA_STATE_VERSION_CONFLICT', message: 'no', status: 409 })));
    const thrown = await failureOf(functions.invoke('throws', {}));
    expect(thrown).toMatchObject({ code: 'MOTIA_ENGINE_HANDLER_FAILED', status: 500, cause });
    expect(thrown.message).toContain('cannot read x');
    expect(thrown.stack).toBe(cause.stack);
    expect(await failureOf(functions.invoke('rejects', {}))).toMatchObject({ code: 'MOTIA_STATE_VERSION_CONFLICT', status: 409 });
  });

  it('hands a wire payload to the handler as a plain value and refuses one that is not JSON', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    functions.register({ id: 'echo' }, (payload) => payload);
    await expect(functions.invoke('echo', new WireValue('{"a":1}'))).resolves.toEqual({ a: 1 });
    const broken = new WireValue('{}', { at: '/body', as: 'json', bytes: Buffer.from('{"a":') });
    expect(await failureOf(functions.invoke('echo', broken))).toMatchObject({ code: 'MOTIA_ENGINE_INVALID_PAYLOAD', status: 400 });
  });

  it('leaves a wire result as it is only for callers that ask for it', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    functions.register({ id: 'wire' }, () => new WireValue('{"a":1}'));
    await expect(functions.invoke('wire', {})).resolves.toEqual({ a: 1 });
    await expect(functions.invoke('wire', {}, { wireResult: true })).resolves.toBeInstanceOf(WireValue);
  });

  it('R1 ends a call at its deadline, aborts the handler and drops the late result', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const { functions } = host.kernel;
    const late = gate<string>();
    let context: InvocationContext | undefined;
    functions.register({ id: 'slow' }, (_payload, call) => {
      context = call;
      void call.signal;
      return late.promise;
    });
    const failure = failureOf(functions.invoke('slow', {}, { timeoutMs: 250 }));
    await clock.advance(249);
    expect(context!.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(await failure).toMatchObject({ code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED', status: 504 });
    expect(context!.signal.aborted).toBe(true);
    late.open('too late');
    await turns(1);
    expect(host.kernel.counters.lateResults).toBe(1);
    expect(functions.get('slow')!.stats).toMatchObject({ calls: 1, errors: 1, inFlight: 0, totalDurationMs: 250 });
  });

  it('applies 30 seconds when the caller says nothing, and keeps no timer once calls are answered', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const { functions } = host.kernel;
    functions.register({ id: 'never' }, () => new Promise(() => undefined));
    functions.register({ id: 'soon' }, async () => 'ok');
    await functions.invoke('soon', {});
    const failure = failureOf(functions.invoke('never', {}));
    await clock.advance(30_000);
    expect(await failure).toMatchObject({ details: { timeoutMs: 30_000 } });
    expect(clock.pendingTimers).toBe(0);
  });

  it('R1 cancels once, with the reason, and tells a handler that looks at its signal later', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    let context: InvocationContext | undefined;
    functions.register({ id: 'waits' }, (_payload, call) => {
      context = call;
      return new Promise(() => undefined);
    });
    const invocation = functions.open('waits', {});
    invocation.cancel('the client went away');
    invocation.cancel('again');
    expect(await failureOf(invocation.result)).toMatchObject({ code: 'MOTIA_ENGINE_CANCELLED', details: { reason: 'the client went away' } });
    expect(context!.signal.aborted).toBe(true);
  });

  it('cancels with the signal of the caller and lets go of it afterwards', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    functions.register({ id: 'waits' }, () => new Promise(() => undefined));
    functions.register({ id: 'answers' }, async () => 1);
    const controller = new AbortController();
    const failure = failureOf(functions.invoke('waits', {}, { signal: controller.signal }));
    await functions.invoke('answers', {}, { signal: controller.signal });
    controller.abort(new Error('closed tab'));
    expect(await failure).toMatchObject({ code: 'MOTIA_ENGINE_CANCELLED', details: { reason: 'closed tab' } });
    expect(await failureOf(functions.invoke('answers', {}, { signal: controller.signal }))).toMatchObject({ code: 'MOTIA_ENGINE_CANCELLED' });
  });

  it('gives a nested call the smaller of its own limit and what its parent has left', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const { functions } = host.kernel;
    const seen: number[] = [];
    functions.register({ id: 'inner' }, (_payload, call) => void seen.push(call.deadlineAtMs));
    functions.register({ id: 'outer' }, async (_payload, call) => {
      await functions.invoke('inner', {}, { parent: call, timeoutMs: 10_000 });
      await functions.invoke('inner', {}, { parent: call, timeoutMs: 100 });
      await functions.invoke('inner', {}, { parent: call, timeoutMs: 10_000, action: { type: 'void' } });
    });
    await functions.invoke('outer', {}, { timeoutMs: 500 });
    expect(seen).toEqual([500, 100, 10_000]);
  });

  it('ends nested calls with their parent, except those that want no answer', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    const signals: AbortSignal[] = [];
    functions.register({ id: 'inner' }, (_payload, call) => {
      signals.push(call.signal);
      return new Promise(() => undefined);
    });
    let nested: Promise<unknown> | undefined;
    functions.register({ id: 'outer' }, (_payload, call) => {
      nested = failureOf(functions.invoke('inner', {}, { parent: call }));
      void functions.open('inner', {}, { parent: call, action: { type: 'void' } });
      return nested;
    });
    const outer = functions.open('outer', {});
    outer.cancel('enough');
    await failureOf(outer.result);
    expect(await nested).toMatchObject({ code: 'MOTIA_ENGINE_CANCELLED' });
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
  });

  it('stops a recursion at 64 calls', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    let depth = 0;
    functions.register({ id: 'again' }, (_payload, call) => {
      depth = Math.max(depth, call.depth);
      return functions.invoke('again', {}, { parent: call });
    });
    expect(await failureOf(functions.invoke('again', {}))).toMatchObject({ code: 'MOTIA_ENGINE_CALL_DEPTH' });
    expect(depth).toBe(64);
  });

  it('answers a void call once it was handed over, whatever becomes of it, and logs the failure', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    const release = gate<string>();
    functions.register({ id: 'work' }, () => release.promise);
    functions.register({ id: 'breaks' }, () => {
      throw new Error('inside');
    });
    await expect(functions.invoke('work', {}, { action: { type: 'void' } })).resolves.toBeUndefined();
    expect(functions.get('work')!.stats).toMatchObject({ calls: 1, inFlight: 1 });
    await expect(functions.invoke('breaks', {}, { action: { type: 'void' } })).resolves.toBeUndefined();
    expect(host.log.find('A call without answer failed')).toMatchObject({ level: 'warn', fields: expect.objectContaining({ functionId: 'breaks' }) });
    expect(await failureOf(functions.invoke('missing', {}, { action: { type: 'void' } }))).toMatchObject({ code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND' });
    release.open('done');
    await turns(1);
    expect(functions.get('work')!.stats).toMatchObject({ inFlight: 0, errors: 0 });
  });

  it('hands enqueued calls to the router, else to the function enqueue, else says what is missing', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    functions.register({ id: 'job' }, () => 'must not run');
    const enqueue = { action: { type: 'enqueue', queue: 'mail' }, idempotencyKey: 'k1' } as const;
    expect(await failureOf(functions.invoke('job', { to: 'a' }, enqueue))).toMatchObject({ code: 'MOTIA_ENGINE_ENQUEUE_UNAVAILABLE', status: 503 });
    functions.register({ id: 'enqueue' }, (payload) => ({ messageReceiptId: JSON.stringify(payload) }));
    await expect(functions.invoke('job', { to: 'a' }, enqueue)).resolves.toEqual({ messageReceiptId: '{"queue":"mail","function_id":"job","data":{"to":"a"}}' });
    const seen: unknown[] = [];
    host.kernel.setEnqueueRouter({
      async enqueue(call) {
        seen.push(call);
        return { messageReceiptId: 'r1' };
      },
    });
    const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
    await expect(functions.invoke('job', { to: 'a' }, { ...enqueue, trace, triggerDepth: 3 })).resolves.toEqual({ messageReceiptId: 'r1' });
    expect(seen).toEqual([{ queue: 'mail', functionId: 'job', payload: { to: 'a' }, idempotencyKey: 'k1', trace: { traceparent: expect.stringContaining('a'.repeat(32)) }, triggerDepth: 3 }]);
    expect(functions.get('job')!.stats.calls).toBe(0);
  });

  it('O2 continues the trace of the caller with a span of its own, and starts one when there is none or it is malformed', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    functions.register({ id: 'trace' }, (_payload, call) => call.trace);
    functions.register({ id: 'outer' }, async (_payload, call) => [call.trace, await functions.invoke('trace', {}, { parent: call })]);
    const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`, tracestate: 'x=1', baggage: 'k=v' };
    const [outer, inner] = (await functions.invoke('outer', {}, { trace })) as [typeof trace, typeof trace];
    expect(outer).toMatchObject({ traceparent: expect.stringMatching(/^00-a{32}-[0-9a-f]{16}-00$/), tracestate: 'x=1', baggage: 'k=v' });
    expect(inner.traceparent).toMatch(/^00-a{32}-[0-9a-f]{16}-00$/);
    expect(new Set([trace.traceparent, outer.traceparent, inner.traceparent]).size).toBe(3);
    for (const malformed of ['', '00-zz', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01-x`]) {
      const fresh = (await functions.invoke('trace', {}, { trace: { traceparent: malformed } })) as typeof trace;
      expect(fresh.traceparent).toMatch(/^00-(?!a{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    }
  });

  it('hides its own functions from lists unless they are asked for', () => {
    const { kernel } = startKernel();
    kernel.functions.register({ id: 'mine', description: 'd', metadata: { a: 1 } }, () => null);
    expect(kernel.functions.list().map(({ id }) => id)).toEqual(['mine']);
    expect(kernel.functions.list({ includeInternal: true }).map(({ id }) => id)).toContain('engine::functions::list');
    expect(kernel.functions.get('mine')).toMatchObject({ id: 'mine', description: 'd', metadata: { a: 1 }, internal: true, owner: 'engine', workerIds: [] });
  });

  it('tells listeners once for all changes of one turn', async () => {
    const { kernel } = startKernel();
    let told = 0;
    const listening = kernel.functions.onChanged(() => (told += 1));
    kernel.functions.register({ id: 'a' }, () => null);
    kernel.functions.register({ id: 'b' }, () => null).dispose();
    await turns(1);
    expect(told).toBe(1);
    listening.dispose();
    kernel.functions.register({ id: 'c' }, () => null);
    await turns(1);
    expect(told).toBe(1);
  });

  it('takes back everything that an owner registered', async () => {
    await using host = startKernel();
    const owner = host.kernel.scoped('module');
    owner.functions.register({ id: 'a' }, () => null);
    await owner.triggers.registerType({ type: 'tick', config: { jsonSchema: {}, parse: (input) => input }, apply: () => undefined });
    await owner.triggers.register({ type: 'tick', functionId: 'a', config: {} });
    owner.dispose();
    await turns(1);
    expect(host.kernel.functions.has('a')).toBe(false);
    expect(host.kernel.triggers.types().map(({ type }) => type)).not.toContain('tick');
    expect(host.kernel.triggers.list()).toEqual([]);
  });

  it('refuses calls and ends those under way when it stops', async () => {
    const host = startKernel();
    const { functions } = host.kernel;
    functions.register({ id: 'waits' }, () => new Promise(() => undefined));
    const open = failureOf(functions.invoke('waits', {}));
    await host.kernel.stop();
    expect(await open).toMatchObject({ code: 'MOTIA_ENGINE_CANCELLED' });
    expect(await failureOf(functions.invoke('waits', {}))).toMatchObject({ code: 'MOTIA_ENGINE_STOPPED' });
  });
});
