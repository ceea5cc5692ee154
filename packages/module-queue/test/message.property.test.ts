import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deliveryReceipt, messageIdOf, newReceiptId, readDeliveryReceipt } from '../src/message/message-id.js';
import { checkSize, payloadHash, payloadText } from '../src/message/payload-text.js';

/** The same data with the keys of every object in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([key, member]) => [key, shuffled(member)]));
}

describe('the text of a message', () => {
  it('is JSON that gives the data back', () => {
    fc.assert(fc.property(fc.jsonValue(), (data) => expect(JSON.parse(payloadText(data, false))).toEqual(JSON.parse(JSON.stringify(data)))));
  });

  it('Q10 has a hash that depends on the data and not on the order of its keys', () => {
    fc.assert(fc.property(fc.jsonValue(), (data) => expect(payloadHash(JSON.stringify(data))).toBe(payloadHash(JSON.stringify(shuffled(data))))));
  });

  it('Q10 has another hash for other data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const isSame = JSON.stringify(shuffled(shuffled(a))) === JSON.stringify(shuffled(shuffled(b)));
        fc.pre(!isSame && JSON.stringify(a) !== JSON.stringify(b) && !equal(a, b));
        expect(payloadHash(JSON.stringify(a))).not.toBe(payloadHash(JSON.stringify(b)));
      }),
    );
    // Texts that run into each other when they are not set apart.
    expect(payloadHash('["a","b"]')).not.toBe(payloadHash('["a,b"]'));
    expect(payloadHash('{"a":1,"b":2}')).not.toBe(payloadHash('{"a":{"1":1,"b":2}}'));
    expect(payloadHash('[[1],2]')).not.toBe(payloadHash('[[1,2]]'));
  });

  it('Q15 is refused exactly when it has more bytes than are allowed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 1, max: 200 }), (text, limit) => {
        const isTooLarge = Buffer.byteLength(text) > limit;
        if (isTooLarge) expect(() => checkSize(text, limit)).toThrow();
        else checkSize(text, limit);
      }),
    );
  });
});

describe('ids', () => {
  it('are never the same, and sort by time', () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => newReceiptId(1_700_000_000_000 + index));
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(true);
  });

  it('Q5 a receipt names one delivery, whatever the message is called', () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }), fc.nat(), (functionId, lease) => {
      const messageId = messageIdOf('r', functionId);
      expect(readDeliveryReceipt(deliveryReceipt(messageId, lease))).toEqual({ messageId, lease });
    }));
    expect(readDeliveryReceipt('no receipt')).toBeUndefined();
  });
});

function equal(a: unknown, b: unknown): boolean {
  try {
    expect(JSON.parse(JSON.stringify(a))).toEqual(JSON.parse(JSON.stringify(b)));
    return true;
  } catch {
    return false;
  }
}
