import { describe, expect, it } from '@jest/globals';
import * as v from 'valibot';
import { z } from 'zod';
import { z as z3 } from 'zod-v3';
import { http, jsonSchema, queue, step, type StepConfig } from '../../src/index.js';
import { jsonForm } from '../../src/schema/json-form.js';
import { serving } from '../support/scripted-engine.js';

const id = 'steps::S::trigger::http(POST /s)';
const withBody = (bodySchema: unknown): unknown => ({ config: { name: 'S', triggers: [{ type: 'http', method: 'POST', path: '/s', bodySchema }] } as StepConfig, handler: (req: { body: unknown }) => ({ status: 200, body: req.body }) });

describe('the JSON Schema form', () => {
  it('comes from zod 4, zod 3, valibot where offered, and JSON Schema as it is', async () => {
    expect(await jsonForm(z.object({ a: z.string().min(1) }), 'input')).toMatchObject({ type: 'object', properties: { a: { type: 'string', minLength: 1 } }, required: ['a'] });
    expect(await jsonForm(z3.object({ a: z3.number().int() }), 'input')).toMatchObject({ type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] });
    const own = { type: 'object', properties: { a: { type: 'string' } } } as const;
    expect(await jsonForm(own, 'input')).toBe(own);
    expect(await jsonForm(v.object({ a: v.string() }), 'input')).toBeUndefined();
  });

  it('describes what a caller sends: defaults are optional, and what is coerced or preprocessed may be anything', async () => {
    const schema = z.object({ n: z.coerce.number(), d: z.string().default('x'), t: z.string().transform((s) => s.length), p: z.preprocess((x) => Number(x), z.number()), when: z.date().optional() });
    const form = (await jsonForm(schema, 'input')) as { properties: Record<string, object>; required: string[] };
    expect(form.properties['n']).toEqual({});
    expect(form.properties['p']).toEqual({});
    expect(form.properties['when']).toEqual({});
    expect(form.properties['t']).toEqual({ type: 'string' });
    expect(form.required).not.toContain('d');
  });

  it('is what jsonSchema() gives, at once', () => {
    expect(jsonSchema(z.object({ a: z.string() }))).toMatchObject({ type: 'object', required: ['a'] });
  });
});

describe('a body schema', () => {
  it('is sent to the engine as JSON Schema, and parsed again here so that defaults and transforms apply', async () => {
    await using engine = await serving([withBody(z.object({ name: z.string().trim(), size: z.number().default(1) }))]);
    expect(engine.triggers.get(id)?.config['body_schema']).toMatchObject({ type: 'object', required: ['name'] });
    expect(engine.functions.get(id)?.requestSchema).toMatchObject({ required: ['name'] });
    expect(await engine.http({ body: { name: ' Ada ' } })).toEqual({ status: 200, body: { name: 'Ada', size: 1 } });
  });

  it.each([
    ['zod 4', z.object({ a: z.object({ 'b/c': z.string() }) })],
    ['zod 3', z3.object({ a: z3.object({ 'b/c': z3.string() }) })],
    ['valibot', v.object({ a: v.object({ 'b/c': v.string() }) })],
  ])('refuses with every problem by JSON pointer (%s)', async (_name, schema) => {
    await using engine = await serving([withBody(schema)]);
    await expect(engine.http({ body: { a: { 'b/c': 1 } } })).rejects.toMatchObject({ code: 'MOTIA_SDK_INPUT_INVALID', status: 400, details: { part: 'body', problems: [{ path: '/a/b~1c' }] } });
    expect(await engine.http({ body: { a: { 'b/c': 'x' } } })).toMatchObject({ status: 200 });
  });

  it('runs asynchronous schemas, and keeps JSON Schema for the engine alone', async () => {
    await using asynchronous = await serving([withBody(z.object({ a: z.string().refine(async (s) => s !== 'taken', 'is taken') }))]);
    await expect(asynchronous.http({ body: { a: 'taken' } })).rejects.toMatchObject({ details: { problems: [{ path: '/a', problem: 'is taken' }] } });
    expect(await asynchronous.http({ body: { a: 'free' } })).toMatchObject({ status: 200 });
    await using plain = await serving([withBody({ type: 'object', required: ['a'] })]);
    expect(plain.triggers.get(id)?.config['body_schema']).toEqual({ type: 'object', required: ['a'] });
    expect(await plain.http({ body: {} })).toEqual({ status: 200, body: {} });
  });
});

describe('query and response schemas', () => {
  it('sends a list of query parameters as it is, and a schema as JSON Schema whose output the handler gets', async () => {
    const list = step({ name: 'S', triggers: [http('POST', '/s', { timeoutMs: 500, queryParams: [{ name: 'q', description: 'what' }] })] }, () => ({ status: 200 }));
    await using first = await serving([list]);
    expect(first.triggers.get(id)?.config['query_params']).toEqual([{ name: 'q', description: 'what' }]);
    expect(first.triggers.get(id)?.config['timeout_ms']).toBe(500);
    const page = step({ name: 'S', triggers: [http('POST', '/s', { queryParams: z.object({ page: z.coerce.number().default(1) }) })] }, (req) => ({ status: 200, body: req.queryParams.page + 1 }));
    await using second = await serving([page]);
    expect(await second.http({ query_params: { page: '4' } })).toEqual({ status: 200, body: 5 });
    await expect(second.http({ query_params: { page: 'x' } })).rejects.toMatchObject({ code: 'MOTIA_SDK_INPUT_INVALID', details: { part: 'query', problems: [{ path: '/page' }] } });
  });

  it('checks a response here only where the engine cannot: an error in development, a warning in production', async () => {
    const make = (returned: unknown): unknown => ({ config: { name: 'S', triggers: [{ type: 'http', method: 'POST', path: '/s', responseSchema: { 200: v.object({ ok: v.boolean() }), 404: z.object({ error: z.string() }) } }] } as StepConfig, handler: () => returned });
    await using dev = await serving([make({ status: 200, body: { ok: 'yes' } })]);
    expect(Object.keys(dev.triggers.get(id)?.config['response_schema'] as object)).toEqual(['404']);
    await expect(dev.http()).rejects.toMatchObject({ code: 'MOTIA_SDK_RESPONSE_INVALID', details: { status: 200, problems: [{ path: '/ok' }] } });
    await using production = await serving([make({ status: 200, body: { ok: 'yes' } })], {}, { mode: 'production' });
    expect(await production.http()).toEqual({ status: 200, body: { ok: 'yes' } });
    await production.log(({ level, message }) => level === 'warn' && message.includes('breaks its responseSchema'));
    await using fine = await serving([make({ status: 200, body: { ok: true } })]);
    expect(await fine.http()).toMatchObject({ status: 200 });
  });
});

describe('queue input and conditions', () => {
  it('parses a message by its schema before the handler sees it', async () => {
    const orders = step({ name: 'Q', triggers: [queue('orders', { input: z.object({ n: z.number().default(3) }), config: { maxRetries: 5 } })] }, (input) => ({ n: input.n }));
    await using engine = await serving([orders]);
    const queueId = 'steps::Q::trigger::queue(orders)';
    expect(engine.triggers.get(queueId)).toMatchObject({ type: 'queue', config: { topic: 'orders', queue_config: { maxRetries: 5 } } });
    expect(await engine.invoke(queueId, {})).toEqual({ n: 3 });
    await expect(engine.invoke(queueId, { n: 'x' })).rejects.toMatchObject({ code: 'MOTIA_SDK_INPUT_INVALID', details: { part: 'message' } });
  });

  it('registers a condition as its own function that sees what the handler would see', async () => {
    const guarded = step({ name: 'S', triggers: [http('POST', '/s', { bodySchema: z.object({ n: z.number().default(0) }) }, (req) => req.body.n > 1), queue('t', { input: z.object({ n: z.number() }) }, (m) => m.n > 1)] }, () => undefined);
    await using engine = await serving([guarded]);
    expect(engine.triggers.get(id)?.config['condition_function_id']).toBe(`${id}::conditions::0`);
    expect(await engine.invoke(`${id}::conditions::0`, { body: { n: 2 } })).toBe(true);
    expect(await engine.invoke(`${id}::conditions::0`, { body: {} })).toBe(false);
    expect(await engine.invoke('steps::S::trigger::queue(t)::conditions::1', { n: 1 })).toBe(false);
  });
});
