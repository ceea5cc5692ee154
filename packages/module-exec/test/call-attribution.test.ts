import { describe, expect, it } from '@jest/globals';
import { attributeToCall } from '../src/call-attribution.js';

const call = (id: string, endedAtMs?: number) => ({ invocationId: id, functionId: `f-${id}`, traceId: `t-${id}`, spanId: `s-${id}`, ...(endedAtMs === undefined ? {} : { endedAtMs }) });

describe('attribution of output to a call', () => {
  it('names the one call that is running', () => {
    expect(attributeToCall([call('a')], 0)).toEqual({ traceId: 't-a', spanId: 's-a', functionId: 'f-a', invocationId: 'a' });
  });
  it('names the call that ended at most 250 ms ago when none is running', () => {
    expect(attributeToCall([call('a', 1_000)], 1_250)).toHaveProperty('invocationId', 'a');
    expect(attributeToCall([call('a', 1_000)], 1_251)).toEqual({});
  });
  it('lists the candidates when several are running', () => {
    expect(attributeToCall([call('a'), call('b')], 0)).toEqual({ candidates: ['a', 'b'] });
  });
  it('names none for a worker that never ran a call', () => {
    expect(attributeToCall([], 0)).toEqual({});
  });
});
