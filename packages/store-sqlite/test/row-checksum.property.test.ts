import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SqlValue } from '@motia/engine-core/contract';
import { rowChecksum } from '../src/index.js';

const value: fc.Arbitrary<SqlValue> = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.uint8Array(), fc.constant(null));

describe('a row checksum', () => {
  it('is the same for the same values and fits an integer column', () => {
    fc.assert(fc.property(fc.array(value), (values) => {
      const sum = rowChecksum(...values);
      expect(rowChecksum(...structuredClone(values))).toBe(sum);
      expect(Number.isInteger(sum) && sum >= 0 && sum < 2 ** 32).toBe(true);
    }));
  });

  it('notices any flipped bit of a text or of bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), fc.constantFrom('text', 'bytes'), (bytes, at, kind) => {
      const bit = at % (bytes.length * 8);
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const show = (each: Uint8Array): SqlValue => (kind === 'text' ? Buffer.from(each).toString('latin1') : each);
      expect(rowChecksum('key', show(flipped))).not.toBe(rowChecksum('key', show(bytes)));
    }));
  });

  it.each([[['ab', 'c'], ['a', 'bc']], [['1'], [1]], [[''], [null]], [['a', null], ['a']], [[Uint8Array.of(97)], ['a']]])('tells %j from %j', (a, b) => {
    expect(rowChecksum(...a)).not.toBe(rowChecksum(...b));
  });
});
