import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { globMatcher } from '../src/sampling/glob.js';
import { isBelowRate, Sampler, type SamplingPlan } from '../src/sampling/sampler.js';
import { TokenBucket } from '../src/sampling/token-bucket.js';
import { recording } from './fixtures/recording.js';

const traceId = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 });
const sampler = (plan: Partial<SamplingPlan> = {}, now = () => 0): Sampler => new Sampler({ defaultRate: 1, isParentBased: true, rules: [], maxTracesPerSecond: undefined, serviceName: 'shop', ...plan }, now);

describe('sampling', () => {
  it('by a rate depends on the id alone, and more is sampled at a higher rate', () => {
    fc.assert(fc.property(traceId, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (id, a, b) => {
      expect(isBelowRate(id, a)).toBe(isBelowRate(id, a));
      if (isBelowRate(id, Math.min(a, b))) expect(isBelowRate(id, Math.max(a, b))).toBe(true);
      expect([isBelowRate(id, 0), isBelowRate(id, 1)]).toEqual([false, true]);
    }));
  });

  it('takes about the share that was asked for', () => {
    const { recorder } = recording({ sampling: { defaultRate: 0.25 } });
    let sampled = 0;
    for (let n = 0; n < 4_000; n += 1) if (recorder.startSpan('x', { kind: 'internal' }).isRecording !== false) sampled += 1;
    expect(sampled).toBeGreaterThan(800);
    expect(sampled).toBeLessThan(1_200);
  });

  it('follows whoever began the trace, unless told not to', () => {
    const id = 'f'.repeat(32);
    expect([sampler({ defaultRate: 0 }).decide('x', id, true), sampler({ defaultRate: 1 }).decide('x', id, false)]).toEqual([true, false]);
    expect([sampler({ defaultRate: 0, isParentBased: false }).decide('x', id, true), sampler({ isParentBased: false }).decide('x', id, false)]).toEqual([false, true]);
  });

  it('lets the first rule that matches decide, by operation and service', () => {
    const rules = [{ operation: 'GET /health*', rate: 0 }, { service: 'pay-*', rate: 0 }, { operation: 'GET /*', service: 'sh?p', rate: 1 }];
    const subject = sampler({ defaultRate: 0, rules });
    expect(['GET /healthz', 'GET /orders', 'POST /orders'].map((operation) => subject.decide(operation, '1'.repeat(32), undefined))).toEqual([false, true, false]);
    expect(sampler({ rules, serviceName: 'pay-eu' }).decide('GET /orders', '1'.repeat(32), undefined)).toBe(false);
  });

  it('takes at most so many new traces a second, and those of others on top', () => {
    let nowMs = 0;
    const subject = sampler({ maxTracesPerSecond: 10 }, () => nowMs);
    const burst = (): number => Array.from({ length: 100 }, () => subject.decide('x', '1'.repeat(32), undefined)).filter(Boolean).length;
    expect(burst()).toBe(10);
    nowMs = 500;
    expect(burst()).toBe(5);
    expect(subject.decide('x', '1'.repeat(32), true)).toBe(true);
    expect(subject.counters).toMatchObject({ rateLimited: 185 });
  });

  it('passes the decision on: whole traces are recorded, or not at all', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 40 }), (rate, traces) => {
      const { recorder, spans } = recording({ sampling: { defaultRate: rate, rules: [{ operation: 'child', rate: 0 }] } });
      let expected = 0;
      for (const children of traces) {
        const root = recorder.startSpan('root', { kind: 'internal' });
        expect(root.context.traceparent.endsWith(root.isRecording === false ? '-00' : '-01')).toBe(true);
        if (root.isRecording !== false) expected += children + 1;
        // Half of them with the context as plain text, as from a worker.
        for (let n = 0; n < children; n += 1) recorder.startSpan('child', { kind: 'internal', parent: n % 2 === 0 ? root.context : { traceparent: root.context.traceparent } }).end();
        root.end();
      }
      expect(spans()).toHaveLength(expected);
    }), { numRuns: 50 });
  });
});

describe('a token bucket', () => {
  it('never gives more than its rate allows, whatever the clock does', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 1, maxLength: 200 }), (perSecond, steps) => {
      let nowMs = 0;
      let latestMs = 0;
      const bucket = new TokenBucket(perSecond, nowMs);
      let taken = 0;
      for (const step of steps) {
        nowMs += step;
        latestMs = Math.max(latestMs, nowMs);
        if (bucket.take(nowMs)) taken += 1;
      }
      expect(taken).toBeLessThanOrEqual(perSecond + (latestMs / 1000) * perSecond);
    }));
  });
});

describe('patterns', () => {
  it('mean what the same regular expression means', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.'), maxLength: 8 }), fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 }), (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(globMatcher(pattern)(text)).toBe(expression.test(text));
    }));
  });

  it('stay fast where regular expressions do not', () => {
    const startedAt = process.hrtime.bigint();
    expect(globMatcher(`${'*a'.repeat(30)}*b`)('a'.repeat(2_000))).toBe(false);
    expect(Number(process.hrtime.bigint() - startedAt) / 1e6).toBeLessThan(5_000);
  });
});
