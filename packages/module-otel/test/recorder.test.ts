import { describe, expect, it } from '@jest/globals';
import { StringTable } from '../src/record/string-table.js';
import { RecordedContext } from '../src/record/span-record.js';
import { recording } from './fixtures/recording.js';

const remote = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1', baggage: 'tenant=x' };

describe('recorded spans', () => {
  it('lie in the trace of their parent, with what was said of them', async () => {
    const { recorder, clock, spans } = recording();
    const root = recorder.startSpan('GET /a', { kind: 'server', attributes: { 'http.route': '/a', n: 1, f: 0.5, yes: true, no: undefined } });
    await clock.advance(5);
    const child = recorder.startSpan('invoke f', { kind: 'internal', parent: root.context });
    child.setAttribute('late', 'x');
    child.event('half way', { percent: 50 });
    await clock.advance(10);
    child.end({ waitMs: 1, handlerMs: 7.25, transitMs: 1.75 });
    root.end();
    const [inner, outer] = spans();
    expect(outer).toMatchObject({ name: 'GET /a', kind: 'server', parentSpanId: undefined, status: 'unset', attributes: [['http.route', '/a'], ['n', 1], ['f', 0.5], ['yes', true]] });
    expect(outer!.endMs - outer!.startMs).toBe(15);
    expect(inner).toMatchObject({ traceId: outer!.traceId, parentSpanId: outer!.spanId, isParentRemote: false, kind: 'internal' });
    expect(inner!.attributes).toEqual([['late', 'x'], ['iii.wait_ms', 1], ['iii.handler_ms', 7.25], ['iii.transit_ms', 1.75]]);
    expect(inner!.events).toEqual([{ name: 'half way', timeMs: inner!.startMs, attributes: [['percent', 50]] }]);
    expect(child.context.traceparent).toBe(`00-${inner!.traceId}-${inner!.spanId}-01`);
  });

  it('continue what comes from elsewhere, state and baggage included', () => {
    const { recorder, spans } = recording();
    const span = recorder.startSpan('GET /a', { kind: 'server', parent: remote });
    expect(span.context).toMatchObject({ tracestate: 'vendor=1', baggage: 'tenant=x' });
    expect(JSON.parse(JSON.stringify(span.context))).toEqual({ traceparent: span.context.traceparent, tracestate: 'vendor=1', baggage: 'tenant=x' });
    span.end();
    expect(spans()[0]).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16), isParentRemote: true });
  });

  it.each(['', 'nonsense', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`])('begin a new trace under the malformed parent "%s"', (traceparent) => {
    const { recorder, spans } = recording();
    recorder.startSpan('x', { kind: 'server', parent: { traceparent } }).end();
    expect(spans()[0]).toMatchObject({ parentSpanId: undefined });
  });

  it('know a trace again whose context came back as text', () => {
    const { recorder, spans } = recording();
    const root = recorder.startSpan('root', { kind: 'server' });
    const ofWorker = { traceparent: `${root.context.traceparent.slice(0, 36)}${'c'.repeat(16)}-01` };
    recorder.startSpan('nested', { kind: 'internal', parent: ofWorker }).end();
    root.end();
    expect(spans()[0]).toMatchObject({ name: 'nested', parentSpanId: 'c'.repeat(16), isParentRemote: false });
  });

  it('take whatever was thrown', () => {
    const { recorder, spans } = recording();
    const odd = [Symbol('s'), Object.create(null), { toString: () => { throw new Error('no'); } }, Object.assign(new Error('x'), { name: Symbol('n') }), Object.defineProperty(new Error('x'), 'message', { get: () => { throw new Error('no'); } }), null];
    for (const error of odd) recorder.startSpan('x', { kind: 'internal' }).end({ error });
    expect(spans().map(({ status }) => status)).toEqual(odd.map(() => 'error'));
  });

  it('keep errors as status and event, with the frames of the user', () => {
    const { recorder, spans } = recording();
    recorder.startSpan('x', { kind: 'internal' }).end({ error: new TypeError('no tea') });
    recorder.startSpan('y', { kind: 'internal' }).end({ error: 'just text' });
    const [typed, plain] = spans();
    expect(typed).toMatchObject({ status: 'error', statusText: 'no tea', events: [{ name: 'exception', attributes: expect.arrayContaining([['exception.type', 'TypeError'], ['exception.message', 'no tea'], ['exception.stacktrace', expect.stringContaining('recorder.test')]]) }] });
    expect(plain).toMatchObject({ status: 'error', statusText: 'just text' });
  });

  it('end once', async () => {
    const { recorder, clock, spans } = recording();
    const span = recorder.startSpan('x', { kind: 'internal' });
    span.end();
    await clock.advance(10);
    span.end({ error: new Error('late') });
    span.setAttribute('late', 1);
    expect(spans()).toMatchObject([{ status: 'unset', attributes: [] }]);
  });

  it('begin in the past where the caller says so, and take over wall time that was set', async () => {
    const { recorder, clock, spans } = recording();
    const before = clock.now() - 5_000;
    recorder.startSpan('wait', { kind: 'internal', startedAtMs: before }).end();
    expect(spans()[0]).toMatchObject({ startMs: before, endMs: before + 5_000 });
    clock.jump(clock.now() + 3_600_000);
    recorder.adjustTime();
    recorder.startSpan('later', { kind: 'internal' }).end();
    expect(spans()[1]!.startMs).toBe(clock.now());
  });

  it('keep links to other traces', () => {
    const { recorder, spans } = recording();
    recorder.startSpan('batch', { kind: 'consumer', links: [remote, { traceparent: 'malformed' }] }).end();
    expect(spans()[0]!.links).toEqual([{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }]);
  });

  it('that nobody ends are let go when there are too many', () => {
    const { recorder, spans } = recording({ maxOpenSpans: 2 });
    const open = [1, 2, 3].map((n) => recorder.startSpan(`s${String(n)}`, { kind: 'internal' }));
    expect([recorder.open.size, recorder.open.abandoned]).toEqual([2, 1]);
    expect(spans()).toMatchObject([{ name: 's1', attributes: [['iii.abandoned', true]] }]);
    open[0]!.end();
    for (const span of open.slice(1)) span.end();
    expect([recorder.open.size, spans().length]).toEqual([0, 3]);
  });

  it('of one trace are counted beyond its limit, and not kept', () => {
    const { recorder, spans } = recording({ maxSpansPerTrace: 3 });
    const root = recorder.startSpan('root', { kind: 'internal' });
    for (let n = 0; n < 10; n += 1) recorder.startSpan(`child ${String(n)}`, { kind: 'internal', parent: root.context }).end();
    expect([spans().length, recorder.omittedSpans]).toEqual([3, 7]);
  });

  it('hand out contexts that are plain data for everybody else', () => {
    const { recorder } = recording();
    const { context } = recorder.startSpan('x', { kind: 'internal' });
    expect(context).toBeInstanceOf(RecordedContext);
    expect(Object.keys(context)).toEqual(['traceparent']);
    expect(structuredClone({ ...context })).toEqual({ traceparent: context.traceparent });
  });
});

describe('limits of a span (fault #61)', () => {
  it('cut a text of 10 MB, with a marker', () => {
    const { recorder, spans, log } = recording({ maxAttributeLength: 100 });
    recorder.startSpan('x', { kind: 'internal', attributes: { huge: 'y'.repeat(10_000_000) } }).end({ error: new Error('z'.repeat(1_000_000)) });
    const [span] = spans();
    expect(span!.attributes[0]![1]).toBe(`${'y'.repeat(100)}…[10000000 characters]`);
    expect(span!.statusText!.length).toBeLessThan(200);
    expect(log.bytes).toBeLessThan(5_000_000);
  });

  it('keep 128 attributes and 128 events and count the others', () => {
    const { recorder, spans } = recording();
    const span = recorder.startSpan('x', { kind: 'internal', attributes: Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`k${String(n)}`, n])) });
    for (let n = 0; n < 200; n += 1) {
      span.event(`e${String(n)}`);
      span.setAttribute(`late${String(n)}`, n);
    }
    span.end();
    expect(spans()[0]).toMatchObject({ omittedEvents: 72, omittedAttributes: 72 + 200 });
    expect([spans()[0]!.attributes.length, spans()[0]!.events.length]).toEqual([128, 128]);
  });

  it('keep the outline of a span that would not fit into a piece of memory', () => {
    const { recorder, spans } = recording({ maxAttributeLength: 65_536 });
    const span = recorder.startSpan('x', { kind: 'internal', attributes: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${String(n)}`, 'ä'.repeat(60_000)])) });
    span.event('gone');
    span.end();
    expect(spans()[0]).toMatchObject({ name: 'x', omittedAttributes: 68, omittedEvents: 1, events: [] });
  });

  it('hold when there is no room left to remember texts', () => {
    const { recorder, spans } = recording({ strings: new StringTable({ most: 2 }) });
    for (const n of [1, 2, 3]) recorder.startSpan(`name ${String(n)}`, { kind: 'internal', attributes: { [`key ${String(n)}`]: `value ${String(n)}` } }).end();
    expect(spans().map(({ name, attributes }) => [name, attributes])).toEqual([1, 2, 3].map((n) => [`name ${String(n)}`, [[`key ${String(n)}`, `value ${String(n)}`]]]));
  });
});
