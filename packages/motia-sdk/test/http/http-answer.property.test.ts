import { describe, expect, it, jest } from '@jest/globals';
import { createEndpoint, createMemoryTransportPair, type Endpoint } from '@motia/protocol';
import fc from 'fast-check';
import { toWireAnswer } from '../../src/http/http-result.js';

// Hundreds of runs, on machines that may be busy.
jest.setTimeout(30_000);

/** Two connected endpoints; the worker answers what the test put there. */
function pair(rawBodies: boolean): { engine: Endpoint; answer: (value: unknown) => void } {
  const [engineSide, workerSide] = createMemoryTransportPair();
  const engine = createEndpoint(engineSide, { role: 'engine' });
  const worker = createEndpoint(workerSide, { role: 'worker' });
  let next: unknown;
  worker.onInvoke(() => toWireAnswer(next, 'f', rawBodies ? 64 : Infinity));
  for (const endpoint of [engine, worker]) {
    endpoint.setNegotiated({ rawBodies, rawThresholdBytes: 64 });
    endpoint.listen();
  }
  return { engine, answer: (value) => (next = value) };
}

describe('the answer on the wire', () => {
  it.each([false, true])('arrives as the handler returned it, on either side of the raw threshold (raw bodies: %s)', async (rawBodies) => {
    const { engine, answer } = pair(rawBodies);
    const body = fc.oneof(fc.jsonValue(), fc.string({ maxLength: 200, unit: 'binary' }).filter((s) => !/\p{Surrogate}/u.test(s)), fc.array(fc.string(), { maxLength: 60 }));
    const returned = fc.record({ status: fc.integer({ min: 200, max: 599 }), headers: fc.dictionary(fc.string({ minLength: 1 }), fc.string()).map((h) => ({ ...h })), body }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(returned, async (value) => {
        answer(value);
        const received = await engine.invoke({ functionId: 'f', invocationId: 'i' }, undefined).result;
        expect(received).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 200 },
    );
    engine.close();
  });
});
