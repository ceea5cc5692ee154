import { describe, expect, it } from '@jest/globals';
import Ajv from 'ajv';
import fc from 'fast-check';
import { sampleOf } from '../src/cli/sample-value.js';

const { schema } = fc.letrec((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    fc.record({ type: fc.constant('string'), minLength: fc.nat(20) }),
    fc.record({ type: fc.constant('integer'), minimum: fc.integer({ min: -50, max: 50 }) }),
    fc.record({ type: fc.constant('number'), exclusiveMinimum: fc.integer({ min: -50, max: 50 }) }),
    fc.constant({ type: 'boolean' }),
    fc.constant({ type: 'null' }),
    fc.record({ enum: fc.uniqueArray(fc.string(), { minLength: 1 }) }),
    fc.record({ const: fc.jsonValue().filter((value) => value !== undefined) }),
    fc.record({ type: fc.constant('array'), minItems: fc.nat(3), items: tie('schema') }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('schema'), { maxKeys: 4 }).map((properties) => ({ type: 'object', properties, required: Object.keys(properties) })),
  ),
}));

describe('sampleOf', () => {
  it('makes a value that the schema accepts', () => {
    const ajv = new Ajv.default({ strict: false });
    fc.assert(
      fc.property(schema as fc.Arbitrary<Record<string, unknown>>, (given) => {
        const value = sampleOf(given);
        expect(ajv.validate(given, value)).toBe(true);
      }),
    );
  });
});
