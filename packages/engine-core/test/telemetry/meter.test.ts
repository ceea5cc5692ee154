import { describe, expect, it } from '@jest/globals';
import type { Meter, SpanAttributes } from '../../src/contract/telemetry.js';
import { attributesKey } from '../../src/telemetry/attributes-key.js';
import { EngineMeter } from '../../src/telemetry/engine-meter.js';

/** Writes down what reaches it. */
function recordingMeter(seen: unknown[]): Meter {
  const instrument = (kind: string, name: string, bound: SpanAttributes = {}): never => ({
    add: (value: number, attributes: SpanAttributes = {}) => void seen.push([kind, name, value, { ...bound, ...attributes }]),
    record: (value: number, attributes: SpanAttributes = {}) => void seen.push([kind, name, value, { ...bound, ...attributes }]),
    with: (attributes: SpanAttributes) => instrument(kind, name, { ...bound, ...attributes }),
  }) as never;
  return {
    counter: (name) => instrument('counter', name),
    histogram: (name) => instrument('histogram', name),
    gauge: (name, read) => {
      seen.push(['gauge', name, read()]);
      return { dispose: () => void seen.push(['gone', name]) };
    },
  };
}

describe('the meter of the engine', () => {
  it('forwards what was handed out before anyone collected, series included', () => {
    const meter = new EngineMeter();
    const counter = meter.counter('c');
    const mail = counter.with({ queue: 'mail' });
    const slow = meter.histogram('h').with({ route: '/a' }).with({ slow: true });
    mail.add(1);
    const seen: unknown[] = [];
    meter.forwardTo(recordingMeter(seen));
    counter.add(2);
    mail.add(3, { kind: 'x' });
    slow.record(4);
    expect(seen).toEqual([['counter', 'c', 2, {}], ['counter', 'c', 3, { queue: 'mail', kind: 'x' }], ['histogram', 'h', 4, { route: '/a', slow: true }]]);
    meter.forwardTo(undefined);
    mail.add(5);
    expect(seen).toHaveLength(3);
  });

  it('gives the same series for the same attributes, in whatever order', () => {
    const counter = new EngineMeter().counter('c');
    expect(counter.with({ a: 1, b: 'x' })).toBe(counter.with({ b: 'x', a: 1 }));
    expect(counter.with({ a: 1 })).not.toBe(counter.with({ a: '1' }));
    expect(attributesKey({ a: undefined })).toBe('');
  });

  it('takes gauges back', () => {
    const meter = new EngineMeter();
    const gauge = meter.gauge('g', () => 7);
    const seen: unknown[] = [];
    meter.forwardTo(recordingMeter(seen));
    gauge.dispose();
    expect(seen).toEqual([['gauge', 'g', 7], ['gone', 'g']]);
  });
});
