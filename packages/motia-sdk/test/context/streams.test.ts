import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineStream, http, jsonSchema, step, type FlowContext, type Stream } from '../../src/index.js';
import { serving, ScriptedEngine } from '../support/scripted-engine.js';

const todo = z.object({ title: z.string().min(1), isDone: z.boolean() });
const change = (payload: { data?: unknown }): unknown => ({ old_value: null, new_value: payload.data ?? { title: 'b' } });
const functions = { 'stream::set': change, 'stream::update': change, 'stream::delete': () => ({ old_value: { title: 'a' } }), 'stream::list': () => [1, 2] };

/** A handler that uses a stream both ways: by its name and by its definition. */
async function withStream(definition: Stream, use: (streams: { byName: Stream; imported: Stream }) => Promise<unknown>): Promise<{ got: unknown; calls: unknown[] }> {
  let got: unknown;
  const routed = step({ name: 'S', triggers: [http('GET', '/s')] }, async (_req, ctx: FlowContext<never, unknown>) => {
    got = await use({ byName: (ctx.streams as Record<string, Stream>)[definition.config.name] as Stream, imported: definition }).catch((error: unknown) => error);
  });
  await using engine = await serving([routed], { functions }, { streams: [{ filePath: 'streams/todo.stream.ts', module: { default: definition } }] });
  await engine.http();
  return { got, calls: engine.calls.map(({ functionId, payload }) => [functionId, payload]) };
}

describe('a stream of the project', () => {
  it.each([
    ['zod', todo],
    ['JSON Schema', jsonSchema(todo)],
  ])('refuses data that breaks its schema (%s) before it is sent, with JSON pointers', async (_name, schema) => {
    const { got, calls } = await withStream(defineStream({ name: 'todo', schema }) as unknown as Stream, ({ byName }) => byName.set('g', 'i', { title: '' }));
    expect(got).toMatchObject({
      code: 'MOTIA_SDK_STREAM_DATA_INVALID',
      status: 500,
      details: { stream: 'todo', groupId: 'g', itemId: 'i', problems: expect.arrayContaining([expect.objectContaining({ path: '/title' }), expect.objectContaining({ path: '/isDone' })]) as unknown },
    });
    expect(calls).toEqual([]);
  });

  it('sends data as it was given: a schema describes it and does not change it', async () => {
    const data = { title: 'a', isDone: false, id: 'i' };
    const { got, calls } = await withStream(defineStream({ name: 'todo', schema: todo }) as unknown as Stream, async ({ byName, imported }) => [await byName.set('g', 'i', data), await imported.set('g', 'i', data)]);
    const answer = { old_value: null, new_value: data, oldValue: null, newValue: data };
    expect(got).toEqual([answer, answer]);
    expect(calls).toEqual([
      ['stream::set', { stream_name: 'todo', group_id: 'g', item_id: 'i', data }],
      ['stream::set', { stream_name: 'todo', group_id: 'g', item_id: 'i', data }],
    ]);
  });

  it('gives what a delete removed, and a group under both names', async () => {
    const { got } = await withStream(defineStream({ name: 'todo', schema: todo }) as unknown as Stream, async ({ byName }) => [await byName.delete('g', 'i'), await byName.list('g'), await byName.getGroup('g')]);
    expect(got).toEqual([{ title: 'a' }, [1, 2], [1, 2]]);
  });

  it('gives a group page by page, with ids', async () => {
    const pages: Record<string, unknown> = { '': { items: [{ id: 'a', value: 1 }, { id: 'b', value: 2 }], cursor: 'b' }, b: { items: [{ id: 'c', value: 3 }] } };
    let got: unknown;
    const routed = step({ name: 'S', triggers: [http('GET', '/s')] }, async (_req, ctx: FlowContext<never, unknown>) => {
      const todos = (ctx.streams as Record<string, Stream>)['todo'] as Stream;
      const all: unknown[] = [];
      for await (const { id, value } of todos.items('g', { limit: 2 })) all.push([id, value]);
      got = [all, await todos.listItems('g', { cursor: 'b' })];
    });
    await using engine = await serving([routed], { functions: { 'stream::list': ({ cursor = '' }: { cursor?: string }) => pages[cursor] } }, { streams: [{ filePath: 'streams/todo.stream.ts', module: { default: defineStream({ name: 'todo', schema: todo }) } }] });
    await engine.http();
    expect(got).toEqual([[['a', 1], ['b', 2], ['c', 3]], { items: [{ id: 'c', value: 3 }] }]);
    expect(engine.calls.map(({ payload }) => payload)).toEqual([
      { stream_name: 'todo', group_id: 'g', with_ids: true, limit: 2 },
      { stream_name: 'todo', group_id: 'g', with_ids: true, limit: 2, cursor: 'b' },
      { stream_name: 'todo', group_id: 'g', with_ids: true, cursor: 'b' },
    ]);
  });

  it('names all its groups page by page', async () => {
    const pages: Readonly<Record<string, unknown>> = { first: { groups: ['a', 'b'], cursor: 'b' }, b: { groups: ['c'] } };
    let got: unknown;
    const routed = step({ name: 'S', triggers: [http('GET', '/s')] }, async (_req, ctx: FlowContext<never, unknown>) => {
      const all: string[] = [];
      for await (const group of ((ctx.streams as Record<string, Stream>)['todo'] as Stream).groups()) all.push(group);
      got = all;
    });
    await using engine = await serving([routed], { functions: { 'stream::list_groups': ({ cursor = 'first' }: { cursor?: string }) => pages[cursor] } }, { streams: [{ filePath: 'streams/todo.stream.ts', module: { default: defineStream({ name: 'todo', schema: todo }) } }] });
    await engine.http();
    expect(got).toEqual(['a', 'b', 'c']);
    expect(engine.calls.map(({ payload }) => payload)).toEqual([{ stream_name: 'todo', with_cursor: true }, { stream_name: 'todo', with_cursor: true, cursor: 'b' }]);
  });

  it('whose schema cannot be compiled is a problem of its file', async () => {
    await using engine = new ScriptedEngine();
    const streams = [{ filePath: 'streams/odd.stream.ts', module: { config: { name: 'odd', schema: { type: 'nothing' } } } }];
    const { problems } = await engine.serve({ steps: [], streams, mode: 'development' });
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/^streams\/odd\.stream\.ts .*the schema of stream "odd" cannot be compiled/)]);
  });
});
