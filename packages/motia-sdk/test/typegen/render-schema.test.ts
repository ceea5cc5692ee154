import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { jsonForm } from '../../src/schema/json-form.js';
import type { StepSchemaInput } from '../../src/schema/standard-schema.js';
import { AliasTable } from '../../src/typegen/alias-table.js';
import { renderSchema } from '../../src/typegen/render-schema.js';
import { problemsOf } from './compiler.js';

function rendered(schema: unknown): { readonly text: string; readonly aliases: readonly string[] } {
  const aliases = new AliasTable();
  return { text: renderSchema(schema, 'Topic_T', aliases), aliases: aliases.declarations() };
}
const tree = {
  $ref: '#/$defs/node',
  $defs: { node: { type: 'object', properties: { value: { type: 'number' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } }, required: ['value'] } },
};

describe('A JSON Schema as a TypeScript type', () => {
  it.each<[unknown, string]>([
    [{ type: 'string', format: 'date-time', minLength: 1 }, 'string'],
    [{ type: 'integer' }, 'number'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ type: 'string', nullable: true }, 'string | null'],
    [{ enum: ['a', "it's", 1, null] }, "'a' | 'it\\'s' | 1 | null"],
    [{ type: 'string', enum: [] }, 'never'],
    [{ const: { a: [1, 'x'] } }, "{ a: [1, 'x'] }"],
    [{ type: 'object' }, '{ [key: string]: unknown }'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, '{ [key: string]: number }'],
    [{ type: 'object', patternProperties: { '^x-': { type: 'string' } }, additionalProperties: false }, '{ [key: string]: string }'],
    [{ type: 'object', additionalProperties: false }, '{ [key: string]: never }'],
    [{ properties: { a: { type: 'string' }, 'b-c': {} }, required: ['a'] }, "{ a: string; 'b-c'?: unknown }"],
    [{ properties: { a: { type: 'string' } }, additionalProperties: true }, '{ a?: string; [key: string]: unknown }'],
    [{ type: 'object', propertyNames: { enum: ['a', 'b'] }, additionalProperties: { type: 'number' }, required: ['a'] }, '{ a: number; b?: number }'],
    [{ type: 'array' }, 'unknown[]'],
    [{ type: 'array', items: { type: ['string', 'number'] } }, '(string | number)[]'],
    [{ type: 'array', items: [{ type: 'string' }, { type: 'number' }] }, '[string, number]'],
    [{ type: 'array', prefixItems: [{ type: 'string' }, { enum: [1, 2] }], minItems: 1, items: { type: 'boolean' } }, '[string, (1 | 2)?, ...boolean[]]'],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'string' }] }, 'string | number'],
    [{ oneOf: [{ type: 'string' }, {}] }, 'unknown'],
    [{ type: 'object', allOf: [{ properties: { a: { const: 1 } } }, { anyOf: [{ const: 1 }, { const: 2 }] }] }, '{ a?: 1 } & (1 | 2)'],
    [{ not: { type: 'string' } }, 'unknown'],
    [{ type: 'function' }, 'unknown'],
    [{ $ref: 'https://elsewhere.example/schema' }, 'unknown'],
    [{ $ref: '#/$defs/nowhere' }, 'unknown'],
    [true, 'unknown'],
    [false, 'never'],
    [undefined, 'unknown'],
  ])('renders %j', (schema, text) => {
    expect(rendered(schema)).toEqual({ text, aliases: [] });
  });

  it('gives definitions a name, so that they may refer to themselves', () => {
    expect(rendered(tree)).toEqual({ text: 'Topic_T_Node', aliases: ['type Topic_T_Node = { value: number; children?: Topic_T_Node[] };'] });
    expect(rendered({ type: 'object', properties: { next: { $ref: '#' } } })).toEqual({ text: 'Topic_T', aliases: ['type Topic_T = { next?: Topic_T };'] });
    expect(rendered({ properties: { a: { $ref: '#/definitions/a~1b%20c' } }, definitions: { 'a/b c': { type: 'null' } } }).aliases).toEqual(['type Topic_T_A1b20c = null;']);
  });

  it('takes what would be made of itself for unknown', () => {
    const aliases = rendered({ $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/b' }, { type: 'string' }] }, b: { allOf: [{ $ref: '#/$defs/a' }] } } });
    expect(problemsOf(new Map([['/t.ts', `${aliases.aliases.join('\n')}\nexport type T = ${aliases.text};`]]))).toEqual([]);
    const own: Record<string, unknown> = { type: 'object' };
    own['properties'] = { self: own };
    expect(rendered(own).text).toBe('{ self?: unknown }');
  });

  it('breaks long objects into lines', () => {
    const properties = Object.fromEntries(['firstMember', 'secondMember', 'thirdMember', 'fourthMember', 'fifthMember'].map((name) => [name, { type: 'object', properties: { value: { type: 'string' } } }]));
    expect(rendered({ type: 'object', properties }).text.split('\n').slice(0, 2)).toEqual(['{', '  firstMember?: { value?: string };']);
  });
});

describe('Values of a rendered schema', () => {
  const person = z.object({ name: z.string(), age: z.number().int().optional(), role: z.enum(['admin', 'user']), tags: z.array(z.string()), at: z.iso.datetime(), pair: z.tuple([z.string(), z.number()]) });
  const shape = z.discriminatedUnion('kind', [z.object({ kind: z.literal('circle'), r: z.number() }), z.object({ kind: z.literal('square'), side: z.number() })]);
  const category: z.ZodType = z.object({ name: z.string(), get sub() { return z.array(category); } });
  it.each<[string, StepSchemaInput, string, string]>([
    ['an object', person, "{ name: 'a', role: 'user', tags: [], at: '2025-01-01T00:00:00Z', pair: ['x', 1] }", "{ name: 'a', role: 'guest', tags: [], at: '', pair: ['x', 1] }"],
    ['an open tuple', z.tuple([z.string()]).rest(z.number()), "['a', 1, 2]", "['a', 'b']"],
    ['a discriminated union', shape, "{ kind: 'circle', r: 1 }", "{ kind: 'circle', side: 1 }"],
    ['a record', z.record(z.string(), z.number().nullable()), '{ a: 1, b: null }', "{ a: 'x' }"],
    ['a record with known keys', z.record(z.enum(['a', 'b']), z.number()), '{ a: 1, b: 2 }', '{ a: 1 }'],
    ['an intersection', z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })), "{ a: 'x', b: 1 }", "{ a: 'x' }"],
    ['a recursive one', category, "{ name: 'a', sub: [{ name: 'b', sub: [] }] }", "{ name: 'a', sub: [{ name: 1, sub: [] }] }"],
    ['JSON Schema', tree, '{ value: 1, children: [{ value: 2 }] }', "{ value: 1, children: [{ value: 'x' }] }"],
  ])('fit its type: %s', async (_what, schema, good, bad) => {
    const { text, aliases } = rendered(await jsonForm(schema, 'input'));
    const source = (value: string): string => `${aliases.join('\n')}\nexport const value: ${text} = ${value};`;
    expect(problemsOf(new Map([['/good.ts', source(good)]]))).toEqual([]);
    expect(problemsOf(new Map([['/bad.ts', source(bad)]]))).not.toEqual([]);
  });
});
