import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/engine-core/contract';
import { resolveDelivery } from '../src/delivery/delivery-options.js';
import { isSpent } from '../src/delivery/loss-policy.js';
import { judge, lostWorker, type Standing } from '../src/dispatch/verdict.js';

const error = (code: string, more: object = {}): MotiaError => new MotiaError({ code, message: code, retryable: true, ...more });
const standing = (more: Partial<Standing> = {}): Standing => ({ functionIds: ['f'], attempts: 0, losses: 0, releases: 0, options: resolveDelivery({ backoffJitter: 'none' }), random: () => 0.5, ...more });
const lost = (reason: string): MotiaError => error('MOTIA_ENGINE_WORKER_LOST', { details: { functionId: 'f', worker: 'w', reason } });

describe('what an error means for a message', () => {
  it.each(['WORKER_UNAVAILABLE', 'WORKER_BACKPRESSURE', 'FUNCTION_NOT_FOUND', 'STOPPED'])('MOTIA_ENGINE_%s: it was never started', (condition) => {
    expect(judge(error(`MOTIA_ENGINE_${condition}`, { retryable: false }), standing())).toMatchObject({ kind: 'released' });
  });

  it('a function that cannot be called is asked again less and less often', () => {
    const unavailable = error('MOTIA_ENGINE_WORKER_UNAVAILABLE', { details: { functionId: 'f' } });
    expect([0, 1, 2, 6, 7, 5_000].map((releases) => judge(unavailable, standing({ releases })))).toEqual([50, 100, 200, 3_200, 5_000, 5_000].map((delayMs) => ({ kind: 'released', delayMs })));
  });

  it('a process that is busy is asked again soon each time', () => {
    expect(judge(error('MOTIA_ENGINE_WORKER_BACKPRESSURE', { details: { functionId: 'f' } }), standing({ releases: 9 }))).toEqual({ kind: 'released', delayMs: 50 });
  });

  it.each(['WORKER_UNAVAILABLE', 'WORKER_BACKPRESSURE', 'FUNCTION_NOT_FOUND', 'WORKER_LOST'])('Q6 MOTIA_ENGINE_%s of a call that the handler made is a failure of the handler', (condition) => {
    const nested = error(`MOTIA_ENGINE_${condition}`, { retryable: false, details: { functionId: 'another', worker: 'w', reason: 'left' } });
    expect(judge(nested, standing())).toEqual({ kind: 'again', counts: 'attempt', delayMs: 1_000 });
    expect(judge(nested, standing({ attempts: 3 }))).toEqual({ kind: 'dead', counts: 'attempt' });
    expect(lostWorker(nested, ['f'])).toBeUndefined();
  });

  it('Q6 a process that was told to go costs nothing, one that died costs a loss', () => {
    expect(judge(lost('left'), standing({ losses: 2 }))).toEqual({ kind: 'released', delayMs: 0 });
    for (const reason of ['lost', 'hung', 'faulty']) {
      expect(judge(lost(reason), standing())).toEqual({ kind: 'again', counts: 'loss', delayMs: 0 });
      expect(judge(lost(reason), standing({ losses: 2 }))).toEqual({ kind: 'dead', counts: 'loss' });
    }
  });

  it('Q6 a message that was lost together with others gets the benefit of the doubt, for a while', () => {
    expect([1, 2, 3, 4, 5].map((losses) => isSpent(losses, 3, 0))).toEqual([false, false, true, true, true]);
    expect([1, 2, 3, 4, 5].map((losses) => isSpent(losses, 3, 4))).toEqual([false, false, false, false, true]);
    expect(isSpent(1, 1, 4)).toBe(true);
  });

  it('Q7 a failed attempt comes again until its retries are used up', () => {
    expect([0, 1, 2, 3].map((attempts) => judge(error('X'), standing({ attempts })))).toEqual([
      { kind: 'again', counts: 'attempt', delayMs: 1_000 },
      { kind: 'again', counts: 'attempt', delayMs: 2_000 },
      { kind: 'again', counts: 'attempt', delayMs: 4_000 },
      { kind: 'dead', counts: 'attempt' },
    ]);
  });

  it.each([
    ['CUSTOMER_GONE', false, 'dead'],
    ['MOTIA_SDK_NON_RETRYABLE', false, 'dead'],
    ['MOTIA_SDK_INPUT_INVALID', false, 'dead'],
    ['MOTIA_SDK_HANDLER_FAILED', true, 'again'],
    ['MOTIA_ENGINE_HANDLER_FAILED', false, 'again'],
    ['MOTIA_PROTOCOL_HANDLER_FAILED', false, 'again'],
    ['MOTIA_STATE_VERSION_CONFLICT', false, 'again'],
    ['MOTIA_ENGINE_DEADLINE_EXCEEDED', true, 'again'],
  ] as const)('Q7 %s with retryable %s: %s', (code, retryable, kind) => {
    expect(judge(error(code, { retryable }), standing()).kind).toBe(kind);
  });

  it('Q7 retryAfterMs replaces the backoff, within reason', () => {
    const after = (retryAfterMs: unknown): unknown => (judge(error('X', { details: { retryAfterMs } }), standing()) as { delayMs?: number }).delayMs;
    expect([0, 250.4, 8 * 86_400_000, -1, '5', Number.NaN, null].map(after)).toEqual([0, 250, 7 * 86_400_000, 1_000, 1_000, 1_000, 1_000]);
  });
});
