import { describe, expect, it } from '@jest/globals';
import type { Span } from '@opentelemetry/api';
import { ApiSpan } from '../../src/telemetry/otel-api/api-span.js';
import type { SpanData } from '../../src/telemetry/span-data.js';
import { tracesRequest } from '../../src/telemetry/otlp-json.js';

const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
const odd: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined], ['null', null], ['a number', 7], ['a BigInt', 10n], ['a symbol', Symbol('s')], ['a date that is none', new Date(Number.NaN)], ['an object without a prototype', Object.create(null)],
  ['a function', () => 1], ['a list', [1, null, 'x']],
];

describe('a span of a library', () => {
  it.each(odd)('takes %s wherever something else belongs, and throws nothing into the library', (_name, value) => {
    const recorded: SpanData[] = [];
    const any = value as never;
    const span: Span = new ApiSpan({ context, parentSpanId: undefined, name: any, kind: 1, startTime: any, attributes: any, links: undefined, scope: { name: 'lib' }, record: (data) => recorded.push(data) });
    span.setAttribute('odd', any);
    span.setAttributes(any);
    span.addEvent(any, any, any);
    span.recordException(any, any);
    span.recordException({ name: any, message: any, stack: any });
    span.updateName(any);
    span.setStatus(any);
    span.setStatus({ code: 2, message: any });
    span.addLink(any);
    span.addLinks(any);
    span.end(any);
    expect(recorded).toHaveLength(1);
    expect(() => JSON.stringify(tracesRequest({}, { name: 'motia', version: '0' }, recorded))).not.toThrow();
    expect(typeof recorded[0]!.name).toBe('string');
    expect(Number.isFinite(recorded[0]!.startMs) && Number.isFinite(recorded[0]!.endMs)).toBe(true);
  });
});
