import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeAnswer, encodeErrorAnswer } from '../src/endpoint/hot-encoding.js';
import { messageProblem, readPlainAnswer, type AnyMessage } from '../src/endpoint/incoming-message.js';

const agreed = { rawBodies: false, rawThresholdBytes: 1024 };
const timings = fc.option(fc.double({ min: 0, max: 1e7, noNaN: true }), { nil: undefined });

describe('an answer that is read without its envelope', () => {
  test('property: every plain answer that our side writes is read as it was meant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.jsonValue(), timings, (serial, value, handlerMs) => {
        const { envelope } = encodeAnswer(`e${serial}`, value, agreed, handlerMs);
        const whole = JSON.parse(envelope) as { result: unknown; handlerMs?: number };
        expect(readPlainAnswer(envelope)).toEqual({ id: `e${serial}`, result: whole.result, handlerMs: whole.handlerMs });
        expect(whole.handlerMs).toBe(handlerMs === undefined ? undefined : Math.round(handlerMs * 1000) / 1000);
      }),
    );
    expect(readPlainAnswer(encodeAnswer('e1', undefined, agreed).envelope)).toEqual({ id: 'e1', result: undefined, handlerMs: undefined });
    expect(readPlainAnswer(encodeAnswer('e1', undefined, agreed, 2.5).envelope)).toEqual({ id: 'e1', result: undefined, handlerMs: 2.5 });
  });

  test.each([
    '{"jsonrpc":"2.0","id":"e1","result":{"a":1,"handlerMs":5}}',
    '{"jsonrpc":"2.0","id":"e1","result":"x,\\"handlerMs\\":5"}',
    '{"jsonrpc":"2.0","id":"e1","result":[1,{"handlerMs":1}]}',
  ])('a result that looks like the end of an answer is not cut: %s', (envelope) => {
    const answer = readPlainAnswer(envelope);
    if (answer !== undefined) expect(answer.result).toEqual((JSON.parse(envelope) as { result: unknown }).result);
  });

  test.each([
    ['an error', encodeErrorAnswer('e1', { code: -32000, message: 'no', data: {} })],
    ['a raw part', '{"jsonrpc":"2.0","id":"e1","result":{"status":200},"raw":{"at":"/body","as":"bytes","base64":"AA=="}}'],
    ['a number as id', '{"jsonrpc":"2.0","id":1,"result":1}'],
    ['another order', '{"id":"e1","jsonrpc":"2.0","result":1}'],
    ['a member behind the result', '{"jsonrpc":"2.0","id":"e1","result":1,"method":"x"}'],
    ['a negative time', '{"jsonrpc":"2.0","id":"e1","result":1,"handlerMs":-1}'],
    ['a time with a leading zero', '{"jsonrpc":"2.0","id":"e1","result":1,"handlerMs":01}'],
    ['a time with two dots', '{"jsonrpc":"2.0","id":"e1","result":1,"handlerMs":1.0.1}'],
    ['a time without a digit before its dot', '{"jsonrpc":"2.0","id":"e1","result":1,"handlerMs":.5}'],
    ['a time without a digit behind its dot', '{"jsonrpc":"2.0","id":"e1","result":1,"handlerMs":5.}'],
    ['a time with more digits than are exact', '{"jsonrpc":"2.0","id":"e1","result":1,"handlerMs":1.000000000000001}'],
    ['no time', '{"jsonrpc":"2.0","id":"e1","result":1,"handlerMs":}'],
    ['text behind the end', '{"jsonrpc":"2.0","id":"e1","result":1}}'],
    ['no end', '{"jsonrpc":"2.0","id":"e1","result":1'],
    ['a long id', `{"jsonrpc":"2.0","id":"${'e'.repeat(40)}","result":1}`],
  ])('%s is left to the whole parser', (_, envelope) => {
    expect(readPlainAnswer(envelope)).toBeUndefined();
  });

  // Pieces of answers in any order: whatever is accepted, the whole parser accepts too, and reads the same.
  test('property: nothing is accepted that is not a message', () => {
    const piece = fc.constantFrom('{"jsonrpc":"2.0","id":"', 'e1', '","result":', '{"a":1}', '"', '}', '{', ',"handlerMs":', '1.5', '0', '7', '.', 'null', ',"noValue":true', ',"error":{}', '\\', '[', ']', ',', '"raw":{}', 'e1","result":1');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (rest) => {
        const envelope = `{"jsonrpc":"2.0","id":"${rest.join('')}`;
        const answer = readPlainAnswer(envelope);
        if (answer === undefined) return;
        const message = JSON.parse(envelope) as AnyMessage;
        expect(messageProblem(message)).toBeUndefined();
        expect([answer.id, answer.result, answer.handlerMs]).toEqual([message.id, message.noValue === true ? undefined : message.result, message.handlerMs]);
      }),
      { numRuns: 20_000 },
    );
  });
});
