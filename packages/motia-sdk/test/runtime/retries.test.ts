import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/protocol';
import { http, NonRetryable, queue, RetryAfter, step, type FlowContext } from '../../src/index.js';
import { serving } from '../support/scripted-engine.js';

type Ctx = FlowContext<never, unknown>;
const onQueue = (handler: (input: unknown, ctx: Ctx) => unknown): object => step({ name: 'Q', triggers: [queue('t'), http('GET', '/q')] }, handler as never);
const byQueue = 'steps::Q::trigger::queue(t)';
const byRequest = 'steps::Q::trigger::http(GET /q)';
const failure = async (call: Promise<unknown>): Promise<MotiaError> => call.then(() => { throw new Error('it did not fail'); }, (error: unknown) => error as MotiaError);

describe('what a failing handler says about another attempt', () => {
  it('Q7 an error is worth another attempt for whoever delivers again, and no promise to a client', async () => {
    await using engine = await serving([onQueue(() => { throw new Error('flaky'); })]);
    expect(await failure(engine.invoke(byQueue))).toMatchObject({ code: 'MOTIA_SDK_HANDLER_FAILED', message: 'flaky', retryable: true });
    expect(await failure(engine.invoke(byRequest))).toMatchObject({ code: 'MOTIA_SDK_HANDLER_FAILED', retryable: false });
    // A request that runs from a queue carries the key of its message.
    expect(await failure(engine.invoke(byRequest, {}, { idempotencyKey: 'm-1' }))).toMatchObject({ retryable: true });
  });

  it('Q7 NonRetryable is final, with its code, status and details', async () => {
    await using engine = await serving([onQueue(() => { throw new NonRetryable('no such customer', { details: { customer: 7 }, cause: new Error('404') }); })]);
    const error = await failure(engine.invoke(byQueue));
    expect(error).toMatchObject({ code: 'MOTIA_SDK_NON_RETRYABLE', message: 'no such customer', retryable: false, status: 500, details: { customer: 7 } });
    expect(error.stack).toContain('retries.test.ts');
    await using own = await serving([onQueue(() => { throw new NonRetryable('gone', { code: 'CUSTOMER_GONE', status: 410 }); })]);
    expect(await failure(own.invoke(byQueue))).toMatchObject({ code: 'CUSTOMER_GONE', status: 410, retryable: false });
    await using plain = await serving([onQueue(() => { throw Object.assign(new Error('gone'), { retryable: false }); })]);
    expect(await failure(plain.invoke(byQueue))).toMatchObject({ code: 'MOTIA_SDK_HANDLER_FAILED', retryable: false });
  });

  it('Q7 RetryAfter, and retryAfterMs of any error, travel as details', async () => {
    await using engine = await serving([onQueue(() => { throw new RetryAfter(30_000, 'closed'); })]);
    expect(await failure(engine.invoke(byQueue))).toMatchObject({ code: 'MOTIA_SDK_RETRY_AFTER', message: 'closed', retryable: true, details: { retryAfterMs: 30_000 } });
    await using plain = await serving([onQueue(() => { throw Object.assign(new Error('busy'), { retryAfterMs: 250 }); })]);
    expect(await failure(plain.invoke(byQueue))).toMatchObject({ retryable: true, details: { functionId: byQueue, retryAfterMs: 250 } });
    for (const odd of [-1, Number.NaN, Infinity, '5']) {
      await using odder = await serving([onQueue(() => { throw Object.assign(new Error('busy'), { retryAfterMs: odd }); })]);
      expect(await failure(odder.invoke(byQueue))).toMatchObject({ details: { functionId: byQueue } });
    }
    expect(new RetryAfter(Number.NaN).details).toEqual({ retryAfterMs: 0 });
  });

  it('Q7 a hopeless call that a handler made does not make its message hopeless', async () => {
    const conflict = new MotiaError({ code: 'MOTIA_STATE_VERSION_CONFLICT', message: 'newer', status: 409, retryable: false });
    const functions = { 'state::get': () => { throw conflict; } };
    await using engine = await serving([onQueue((_input, ctx) => ctx.state.get('a', 'b'))], { functions });
    expect(await failure(engine.invoke(byQueue))).toMatchObject({ code: 'MOTIA_STATE_VERSION_CONFLICT', retryable: true, status: 500 });
    expect(await failure(engine.invoke(byRequest))).toMatchObject({ code: 'MOTIA_STATE_VERSION_CONFLICT', retryable: false });
    await using without = await serving([onQueue((_input, ctx) => ctx.state.get('a', 'b'))]);
    expect(await failure(without.invoke(byQueue))).toMatchObject({ code: 'MOTIA_SDK_MODULE_NOT_LOADED', retryable: true });
  });
});
