import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { startTestHost } from '@motia/engine-core/testing';
import { killRepeatedly } from '@motia/tools/killer';
import { temporaryFolder } from '@motia/tools/testing';
import { queue } from '../src/index.js';
import { until } from './fixtures/open-queue.js';

const program = fileURLToPath(new URL('./fixtures/programs/changing-queue.mjs', import.meta.url));
type Line = { readonly attempt: string } | { readonly ack: string; readonly mode: 'fanout' | 'compete' } | { readonly done: string; readonly by: string };

describe('an engine that is killed and started with another topic_delivery', () => {
  it('Q1 Q2 Q14 delivers what it accepted to each subscriber that it was for: every one, or any one', async () => {
    await using folder = temporaryFolder('queue-mode');
    const attempted = new Set<string>();
    const accepted = new Map<string, 'fanout' | 'compete'>();
    const handled = new Map<string, Set<string>>();
    const done = (id: string, by: string): void => void handled.set(id, (handled.get(id) ?? new Set()).add(by));
    await killRepeatedly({
      program: [program],
      env: { QUEUE_FOLDER: folder.file('data') },
      kills: 6,
      afterMs: [50, 200],
      isRipe: (lines) => lines.filter((line) => 'ack' in (line as object)).length > 10,
      onLine(given) {
        const line = given as Line;
        if ('attempt' in line) attempted.add(line.attempt);
        else if ('ack' in line) accepted.set(line.ack, line.mode);
        else done(line.done, line.by);
      },
    });
    expect([...accepted.keys()].some((id) => !handled.has(id))).toBe(true);
    await using last = await startTestHost([queue({ topic_delivery: 'compete', adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: folder.file('data') } } })]);
    for (const by of ['a', 'b']) {
      last.functions.register({ id: by }, (id) => done(id as string, by));
      await last.triggers.register({ type: 'queue', functionId: by, config: { topic: 'orders', queue_config: { concurrency: 100, maxLosses: 1_000 } } });
    }
    await until(async () => ((await last.functions.invoke('queue::list', {})) as { queues: { depth: number }[] }).queues.every(({ depth }) => depth === 0));
    const unserved = [...accepted].filter(([id, mode]) => (handled.get(id)?.size ?? 0) < (mode === 'fanout' ? 2 : 1));
    expect(unserved).toEqual([]);
    expect([...handled.keys()].filter((id) => !attempted.has(id))).toEqual([]);
    expect(await last.functions.invoke('queue::dead_letters', {})).toEqual({ messages: [] });
  }, 120_000);
});
