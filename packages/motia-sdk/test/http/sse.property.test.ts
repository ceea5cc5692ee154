import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sse, type SseEvent } from '../../src/index.js';
import { eventBlock } from '../../src/http/event-text.js';
import { eventsOf } from '../../src/testing/event-reader.js';

const line = fc.string({ unit: fc.constantFrom('a', ' ', ':', 'é', '😀', '\t', '"'), maxLength: 8 });
const text = fc.array(fc.oneof(line, fc.constantFrom('\n', '\r', '\r\n', 'data: x', 'id: 9', ':')), { maxLength: 6 }).map((parts) => parts.join(''));
const event: fc.Arbitrary<SseEvent> = fc.record(
  { data: fc.oneof(text, fc.jsonValue()), event: line.filter((name) => name !== ''), id: fc.oneof(line, fc.nat()), comment: text },
  { requiredKeys: ['data'] },
);

const collect = async (chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<unknown[]> => {
  const seen: unknown[] = [];
  const body = (async function* () {
    yield* chunks;
  })();
  for await (const one of eventsOf(body, () => undefined)) seen.push(one);
  return seen;
};

describe('the text of server-sent events', () => {
  it('gives a client back what was sent, wherever the network cuts it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 6 }), fc.array(fc.nat({ max: 400 }), { maxLength: 8 }), async (events, cuts) => {
        const bytes = Buffer.from(events.map((one) => eventBlock(one)).join(''));
        const places = [0, ...cuts.map((place) => Math.min(place, bytes.length)).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        let id: string | undefined;
        const expected = events.map((one) => {
          if (one.id !== undefined) id = String(one.id);
          const data = typeof one.data === 'string' ? one.data : JSON.stringify(one.data);
          return { event: one.event ?? 'message', data: data.split(/\r\n|\r|\n/).join('\n'), id };
        });
        expect(await collect(chunks)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses names and ids that would read as something else', () => {
    for (const bad of [{ event: 'a\nb' }, { id: 'a\rb' }, { id: 'a\0b' }, { retry: -1 }, { retry: 1.5 }, { retry: Number.NaN }]) expect(() => eventBlock(bad)).toThrow(TypeError);
  });
});

describe('a source of events', () => {
  const textOf = async (body: AsyncIterable<string>): Promise<string> => {
    let all = '';
    for await (const chunk of body) all += chunk;
    return all;
  };

  it('may be an iterable, a generator function or a function that sends', async () => {
    const given = async function* (): AsyncGenerator<SseEvent | string> {
      yield 'a';
      yield { data: 'b' };
    };
    const sent = async ({ send }: { send(event: SseEvent | string): Promise<void> }): Promise<void> => {
      await send('a');
      await send({ data: 'b' });
    };
    for (const source of [given(), given, sent]) expect(await textOf(sse({}, source).body)).toBe(':\n\ndata: a\n\ndata: b\n\n');
  });

  it('breaks the stream when it fails, however it gives its events', async () => {
    const fails = async ({ send }: { send(event: string): Promise<void> }): Promise<void> => {
      await send('a');
      throw new Error('no more');
    };
    const throws = async function* (): AsyncGenerator<string> {
      yield 'a';
      throw new Error('no more');
    };
    for (const source of [fails, throws]) await expect(textOf(sse({}, source).body)).rejects.toThrow('no more');
  });

  it('is closed when nobody listens any more', async () => {
    let isClosed = false;
    const source = async function* (): AsyncGenerator<string> {
      try {
        for (;;) yield 'again';
      } finally {
        isClosed = true;
      }
    };
    for await (const chunk of sse({}, source).body) if (chunk.startsWith('data')) break;
    expect(isClosed).toBe(true);
  });
});
