import { describe, expect, it } from '@jest/globals';
import { compileQueryCheck, compileResponseChecks, compileSchemaCheck } from '../src/schema-check.js';

const person = { type: 'object', required: ['name'], properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 }, mail: { type: 'string', format: 'email' }, kind: { enum: ['a', 'b'] } }, additionalProperties: false } as const;

describe('compileSchemaCheck', () => {
  it('says everything that is wrong, by JSON pointer', () => {
    expect(compileSchemaCheck('bodySchema', person)({ age: -1, mail: 'x', kind: 'c', 'a/b': 1 })).toEqual(expect.arrayContaining([
      { path: '/name', problem: 'is required' },
      { path: '/a~1b', problem: 'is not allowed' },
      { path: '/age', problem: 'must be >= 0' },
      { path: '/mail', problem: 'must match format "email"' },
      { path: '/kind', problem: 'must be one of "a", "b"' },
    ]));
  });

  it('accepts what fits and changes nothing', () => {
    const value = { name: 'x', age: '7' };
    expect(compileSchemaCheck('bodySchema', { ...person, properties: { ...person.properties, age: {} } })(value)).toBeUndefined();
    expect(value).toEqual({ name: 'x', age: '7' });
  });

  it.each([
    'http://json-schema.org/draft-07/schema#', 'http://json-schema.org/draft-06/schema#', 'https://json-schema.org/draft/2019-09/schema', 'https://json-schema.org/draft/2020-12/schema',
  ])('understands %s', ($schema) => {
    expect(compileSchemaCheck('bodySchema', { ...person, $schema })({})).toEqual([{ path: '/name', problem: 'is required' }]);
  });

  it('understands the tuples of 2020-12', () => {
    const check = compileSchemaCheck('bodySchema', { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'array', prefixItems: [{ type: 'string' }] });
    expect(check([1])).toEqual([{ path: '/0', problem: 'must be string' }]);
  });

  it('lets two routes carry schemas of one $id', () => {
    const first = compileSchemaCheck('bodySchema', { $id: 'thing', type: 'string' });
    const second = compileSchemaCheck('bodySchema', { $id: 'thing', type: 'number' });
    expect([first('x'), second('x')]).toEqual([undefined, [{ path: '', problem: 'must be number' }]]);
  });

  it.each([[{ type: 'strin' }], [{ $ref: '#/definitions/none' }], [{ pattern: '(' }], [{ $schema: 'http://json-schema.org/draft-04/schema#' }], [{ properties: 7 }]])('refuses %j at registration', (schema) => {
    expect(() => compileSchemaCheck('bodySchema', schema)).toThrow(expect.objectContaining({ code: 'MOTIA_REST_INVALID_SCHEMA', message: expect.stringContaining('bodySchema') }));
  });

  it('lists no more than fifty problems', () => {
    expect(compileSchemaCheck('bodySchema', { type: 'array', items: { type: 'string' } })(Array.from({ length: 500 }, () => 1))).toHaveLength(50);
  });
});

describe('compileQueryCheck', () => {
  const check = compileQueryCheck('queryParams', { type: 'object', properties: { page: { type: 'integer', default: 1 }, tag: { type: 'array', items: { type: 'string' } }, on: { type: 'boolean' } } });

  it('coerces to the types of the schema and fills defaults in', () => {
    expect({ ...check({ page: '3', tag: 'x', on: 'true', other: 'kept' }) }).toEqual({ page: 3, tag: ['x'], on: true, other: 'kept' });
    expect({ ...check({}) }).toEqual({ page: 1 });
  });

  it('does not touch the query it was given', () => {
    const query = { page: '3' };
    check(query);
    expect(query).toEqual({ page: '3' });
  });

  it('refuses what cannot be coerced', () => {
    expect(() => check({ page: 'x' })).toThrow(expect.objectContaining({ code: 'MOTIA_REST_VALIDATION_FAILED', details: [{ path: '/query/page', problem: 'must be integer' }] }));
  });

  it('takes the list form, which can require', () => {
    const list = compileQueryCheck('queryParams', [{ name: 'q', required: true }, { name: 'page' }]);
    expect({ ...list({ q: '1' }) }).toEqual({ q: '1' });
    expect(() => list({ page: '1' })).toThrow(expect.objectContaining({ details: [{ path: '/query/q', problem: 'is required' }] }));
  });
});

describe('compileResponseChecks', () => {
  it('applies one schema to successful responses', () => {
    const checks = compileResponseChecks('responseSchema', { type: 'string' });
    expect(checks(200)?.(1)).toHaveLength(1);
    expect(checks(404)).toBeUndefined();
  });
  it('applies a schema for each status', () => {
    const checks = compileResponseChecks('responseSchema', { 200: { type: 'string' }, '4XX': { type: 'number' }, default: { type: 'boolean' } });
    expect([checks(200)?.('x'), checks(404)?.(1), checks(500)?.(true)]).toEqual([undefined, undefined, undefined]);
    expect([checks(200)?.(1), checks(422)?.('x'), checks(302)?.('x')].map((problems) => problems?.length)).toEqual([1, 1, 1]);
  });
  it('names the status of a bad schema', () => {
    expect(() => compileResponseChecks('responseSchema', { 200: { type: 'x' } })).toThrow('responseSchema["200"]');
  });
});
