import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineStream, queue, step, subscribe } from '../../src/index.js';
import { collectSchemas } from '../../src/typegen/collect-schemas.js';

const loaded = (filePath: string, exported: unknown): { filePath: string; module: unknown } => ({ filePath, module: { default: exported } });

describe('The schemas of an app', () => {
  it('are those of streams after their defaults, and of queue triggers before them', async () => {
    const schema = z.object({ n: z.number().default(1) });
    const { streams, topics, problems } = await collectSchemas({
      streams: [loaded('s.stream.ts', defineStream({ name: 's', schema }))],
      steps: [loaded('a.step.ts', step({ name: 'A', triggers: [queue('t', { input: schema }), subscribe('told', { input: schema })], enqueues: ['u', { topic: 'v', label: 'later' }] }, async () => undefined))],
    });
    expect(problems).toEqual([]);
    expect(streams.get('s')).toEqual([{ filePath: 's.stream.ts', schema: expect.objectContaining({ required: ['n'] }) }]);
    expect(topics.get('t')?.[0]?.schema).not.toHaveProperty('required');
    // What is published is no message of a queue.
    expect([...topics.keys()]).toEqual(['u', 'v', 't']);
    expect(topics.get('u')).toEqual([]);
  });

  it('take a schema without a JSON Schema form for one that says nothing', async () => {
    const input = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
    const { topics } = await collectSchemas({ streams: [], steps: [loaded('a.step.ts', step({ name: 'A', triggers: [queue('t', { input })] }, async () => undefined))] });
    expect(topics.get('t')).toEqual([{ filePath: 'a.step.ts', schema: true }]);
  });

  it('are collected from the other files when some are broken', async () => {
    const loadError = new Error('steps/b.step.ts:1: gone');
    const { topics, problems } = await collectSchemas({
      streams: [loaded('no.stream.ts', {})],
      steps: [{ filePath: 'b.step.ts', loadError }, loaded('c.step.ts', 1), loaded('d.step.ts', step({ name: 'D', triggers: [], enqueues: ['t'] }, async () => undefined))],
    });
    expect([...topics.keys()]).toEqual(['t']);
    expect(problems).toEqual([expect.objectContaining({ code: 'MOTIA_SDK_STEP_INVALID' }), loadError, expect.objectContaining({ code: 'MOTIA_SDK_STEP_INVALID' })]);
  });
});
