import { describe, expect, it } from '@jest/globals';
import { Type } from '@sinclair/typebox';
import { defineOptions, noOptions } from '../src/index.js';
import { isMotiaError, type OptionProblem } from '../src/contract/index.js';

const schema = defineOptions(
  Type.Object({
    port: Type.Integer({ default: 3111, minimum: 0, maximum: 65_535 }),
    host: Type.Optional(Type.String({ minLength: 1 })),
    stop_grace_ms: Type.Integer({ default: 3000, minimum: 10 }),
    bodyLimit: Type.Integer({ default: 1024, minimum: 1, unit: 'bytes' }),
    log_level: Type.Union([Type.Literal('debug'), Type.Literal('info')], { default: 'info' }),
    cors: Type.Union([Type.Literal(false), Type.Object({ origins: Type.Array(Type.String()), max_age: Type.Integer({ default: 600 }) })], { default: false }),
    name: Type.String({ pattern: '^[a-z]+$', hint: 'must be lower-case letters', default: 'a' }),
    exec: Type.Array(Type.String(), { default: [] }),
  }),
);

function problemsOf(input: unknown, options: { parse(input: unknown): unknown } = schema): readonly OptionProblem[] {
  try {
    options.parse(input);
  } catch (error) {
    if (isMotiaError(error, 'MOTIA_ENGINE_OPTIONS_INVALID')) return (error.details as { problems: OptionProblem[] }).problems;
    throw error;
  }
  throw new Error('the options were accepted');
}

describe('defineOptions', () => {
  it('fills in every default once and freezes the result all the way down', () => {
    const input = { cors: { origins: ['https://a.example'] } };
    const parsed = schema.parse(input);
    expect(parsed).toEqual({
      port: 3111, stop_grace_ms: 3000, bodyLimit: 1024, log_level: 'info', name: 'a', exec: [], cors: { origins: ['https://a.example'], max_age: 600 },
    });
    expect(Object.isFrozen(parsed) && Object.isFrozen(parsed.exec) && Object.isFrozen(parsed.cors)).toBe(true);
    expect(Object.isFrozen(input.cors)).toBe(false);
    expect(input).toEqual({ cors: { origins: ['https://a.example'] } });
  });

  it('gives each parse its own copy of a default', () => {
    expect(schema.parse({}).exec).not.toBe(schema.parse({}).exec);
  });

  it('treats no options, undefined members and an empty config as all defaults', () => {
    expect(schema.parse(undefined)).toEqual(schema.parse({}));
    expect(schema.parse(null)).toEqual(schema.parse({}));
    expect(schema.parse({ port: undefined }).port).toBe(3111);
  });

  it('G3 reports all problems at once, each with its pointer', () => {
    expect(problemsOf({ prot: 1, port: 'abc', stop_grace_ms: 1, exec: [1], host: '' })).toEqual(
      expect.arrayContaining([
        { pointer: '/prot', problem: 'unknown key', suggestion: 'port' },
        { pointer: '/port', problem: 'must be a whole number, got text' },
        { pointer: '/stop_grace_ms', problem: 'must be at least 10 ms' },
        { pointer: '/exec/0', problem: 'must be text, got a whole number' },
        { pointer: '/host', problem: 'must not be empty' },
      ]),
    );
    expect(problemsOf({ prot: 1, port: 'abc' })).toHaveLength(2);
  });

  it('G3 says which key was probably meant whatever the case and the separators', () => {
    expect(problemsOf({ stopGraceMs: 5000 })).toEqual([{ pointer: '/stopGraceMs', problem: 'unknown key', suggestion: 'stop_grace_ms' }]);
    expect(problemsOf({ colour: 1 })).toEqual([{ pointer: '/colour', problem: 'unknown key' }]);
  });

  it('G3 says which value was probably meant', () => {
    expect(problemsOf({ log_level: 'degub' })).toEqual([{ pointer: '/log_level', problem: 'must be one of "debug", "info"', suggestion: 'debug' }]);
  });

  it('tells apart a number and the text of a number', () => {
    expect(problemsOf({ port: '3111' })).toEqual([{ pointer: '/port', problem: 'must be a whole number, got text (remove the quotes)' }]);
  });

  it('takes the unit from the annotation or from the name of the key, and a hint instead of a pattern', () => {
    expect(problemsOf({ bodyLimit: 0 })).toEqual([{ pointer: '/bodyLimit', problem: 'must be at least 1 bytes' }]);
    expect(problemsOf({ name: 'A1' })).toEqual([{ pointer: '/name', problem: 'must be lower-case letters' }]);
  });

  it('reports the branch of a union that was meant, not every branch', () => {
    expect(problemsOf({ cors: { orgins: [] } })).toEqual(
      expect.arrayContaining([
        { pointer: '/cors/origins', problem: 'is required' },
        { pointer: '/cors/orgins', problem: 'unknown key', suggestion: 'origins' },
      ]),
    );
    expect(problemsOf({ cors: { orgins: [] } })).toHaveLength(2);
    expect(problemsOf({ cors: 'yes' })).toEqual([{ pointer: '/cors', problem: 'must be false or a map of keys' }]);
  });

  it('never quotes a value, which may be a secret', () => {
    const secret = 's3cr3t-value';
    expect(JSON.stringify(problemsOf({ port: secret, name: secret, log_level: secret, cors: secret, exec: secret }))).not.toContain(secret);
  });

  it('refuses __proto__ as an unknown key and leaves prototypes alone', () => {
    const input = JSON.parse('{"__proto__": {"polluted": true}}') as unknown;
    expect(problemsOf(input)).toMatchObject([{ pointer: '/__proto__', problem: 'unknown key' }]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('keeps functions and class instances that a program hands over', () => {
    const options = defineOptions(Type.Object({ onRequest: Type.Unsafe<() => number>({}), when: Type.Unsafe<Date>({}) }));
    const when = new Date(0);
    const parsed = options.parse({ onRequest: () => 7, when });
    expect(parsed.onRequest()).toBe(7);
    expect(parsed.when).toBe(when);
  });

  it('reports options that refer to themselves instead of overflowing', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(problemsOf(circular)).toEqual([{ pointer: '', problem: 'the value refers to itself' }]);
  });

  it('leaves a map of free keys open and fills in defaults of its members', () => {
    const options = defineOptions(Type.Object({ queues: Type.Record(Type.String(), Type.Object({ concurrency: Type.Integer({ default: 10 }) })) }));
    expect(options.parse({ queues: { mail: {}, 'a.b': { concurrency: 1 } } })).toEqual({ queues: { mail: { concurrency: 10 }, 'a.b': { concurrency: 1 } } });
    expect(problemsOf({ queues: { mail: { concurency: 1 } } }, options)).toEqual([{ pointer: '/queues/mail/concurency', problem: 'unknown key', suggestion: 'concurrency' }]);
  });

  it('shows its JSON Schema closed, so that editors flag unknown keys as well', () => {
    expect(schema.jsonSchema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(noOptions.parse(undefined)).toEqual({});
    expect(problemsOf({ a: 1 }, noOptions)).toEqual([{ pointer: '/a', problem: 'unknown key; none is accepted here' }]);
  });
});
