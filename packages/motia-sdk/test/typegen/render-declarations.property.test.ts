import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { AppSchemas } from '../../src/typegen/collect-schemas.js';
import { renderDeclarations } from '../../src/typegen/render-declarations.js';
import { motiaModule, problemsOf } from './compiler.js';

jest.setTimeout(60_000);

const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('order.created', 'step', 'Stream', "it's", '*/', '__proto__', 'a\n', '\u2028'));
const literal = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(undefined, Number.NaN, -0, 1e21));
const definition = fc.constantFrom('a', 'b', 'c');
const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'schema' },
    fc.boolean(),
    fc.record({ type: fc.oneof(fc.constantFrom('string', 'integer', 'null', 'object', 'array', 'odd'), fc.subarray(['string', 'number', 'null', 'object', 'array'])), nullable: fc.boolean() }, { requiredKeys: [] }),
    fc.record({ const: literal }),
    fc.record({ enum: fc.array(literal, { maxLength: 4 }), type: fc.constant('string') }, { requiredKeys: ['enum'] }),
    definition.map((key) => ({ $ref: `#/$defs/${key}` })),
    fc.constant({ $ref: '#' }),
    fc.record({ anyOf: fc.array(tie('schema'), { maxLength: 3 }), oneOf: fc.array(tie('schema'), { maxLength: 3 }), allOf: fc.array(tie('schema'), { maxLength: 3 }) }, { requiredKeys: [] }),
    fc.record({ items: fc.oneof(tie('schema'), fc.array(tie('schema'), { maxLength: 3 })), prefixItems: fc.array(tie('schema'), { maxLength: 3 }), minItems: fc.nat(3), additionalItems: tie('schema') }, { requiredKeys: [] }),
    fc.record(
      { type: fc.constant('object'), properties: fc.dictionary(name, tie('schema'), { maxKeys: 3 }), additionalProperties: tie('schema'), patternProperties: fc.dictionary(name, tie('schema'), { maxKeys: 2 }), required: fc.array(name, { maxLength: 2 }) },
      { requiredKeys: [] },
    ),
  ),
}));
const root = fc.tuple(schema, schema, schema, schema).map(([of, a, b, c]) => (typeof of === 'object' ? { ...of, $defs: { a, b, c } } : of));
const named = fc.array(fc.tuple(name, fc.array(fc.record({ filePath: name, schema: root }), { maxLength: 3 })), { maxLength: 6 }).map((entries) => new Map(entries));
const app: fc.Arbitrary<AppSchemas> = fc.record({ streams: named, topics: named });

describe('Generated types', () => {
  it('compile, whatever the names and schemas', () => {
    fc.assert(
      fc.property(fc.array(app, { minLength: 1, maxLength: 5 }), (apps) => {
        for (const one of apps) {
          const text = renderDeclarations(one);
          // Each alone: two apps may give one stream two types.
          expect(problemsOf(new Map([['/motia.d.ts', motiaModule], ['/motia-env.d.ts', text]]))).toEqual([]);
        }
      }),
      { numRuns: 15 },
    );
  });

  // Found by the property above: lists that are intersected do not put off what their items refer to.
  it('compile where a list that contains itself is intersected', () => {
    const list = { allOf: [{ items: { items: { $ref: '#/$defs/c' } }, prefixItems: [] }, { items: [] }] };
    const text = renderDeclarations({ streams: new Map(), topics: new Map([['', [{ filePath: '', schema: { anyOf: [{ $ref: '#/$defs/c' }], $defs: { c: list } } }]]]) });
    expect(problemsOf(new Map([['/motia.d.ts', motiaModule], ['/motia-env.d.ts', text]]))).toEqual([]);
  });

  it('are the same in whatever order files are found', () => {
    fc.assert(
      fc.property(app, ({ streams, topics }) => {
        const reversed = { streams: new Map([...streams].reverse()), topics: new Map([...topics].reverse()) };
        expect(renderDeclarations(reversed)).toBe(renderDeclarations({ streams, topics }));
      }),
    );
  });
});
