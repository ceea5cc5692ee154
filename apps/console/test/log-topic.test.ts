import { describe, expect, it } from '@jest/globals';
import { ManualClock, memoryLogger, startTestHost, type TestHost } from '@motia/engine-core/testing';
import { ModuleFunctions } from '../src/api/module-functions.js';
import type { LiveFrame } from '../src/live/live-feed.js';
import { LiveHub } from '../src/live/live-hub.js';
import { LogTopic } from '../src/live/log-topic.js';

interface Row {
  readonly id: string;
  readonly body: string;
}

/** A log as the observability module answers for it, in which `newest_cursor` and `next_cursor` are numbers. */
function logOf(host: TestHost): { readonly rows: Row[]; write(count: number): void; letGo(count: number): void } {
  const rows: Row[] = [];
  let written = 0;
  host.functions.register({ id: 'engine::logs::list' }, (payload) => {
    const { limit, after, cursor, search } = payload as { limit: number; after?: string; cursor?: string; search?: string };
    const matches = rows.filter(({ id, body }) => Number(id) > Number(after ?? -1) && (search === undefined || body.includes(search))).reverse();
    const older = matches.filter(({ id }) => Number(id) < Number(cursor ?? Infinity));
    const logs = older.slice(0, limit);
    const missed = after === undefined ? 0 : Math.max(0, Number(rows[0]?.id ?? written) - Number(after) - 1);
    return { logs, total: matches.length, newest_cursor: String(written - 1), ...(older.length > limit ? { next_cursor: logs.at(-1)?.id, older: older.length - limit } : {}), ...(missed > 0 ? { missed } : {}) };
  });
  return {
    rows,
    write: (count) => {
      for (let n = 0; n < count; n += 1) rows.push({ id: String(written), body: `line ${String(written++)} ${'x'.repeat(1_000)}` });
    },
    letGo: (count) => void rows.splice(0, count),
  };
}

async function open() {
  const host = await startTestHost([]);
  const log = logOf(host);
  const clock = new ManualClock();
  const hub = new LiveHub({ find: (_name, filter) => new LogTopic(new ModuleFunctions(host.functions), filter), epoch: 'e', clock, logger: memoryLogger(), intervalMs: 250 });
  const frames: LiveFrame[] = [];
  const watch = (): Promise<() => void> => hub.subscribe({ topic: 'logs' }, (frame) => void frames.push(frame));
  const look = async (): Promise<void> => {
    const before = frames.length;
    await clock.advance(250);
    while (frames.length === before) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  const linesOf = (frame: LiveFrame | undefined): number[] => Object.values((frame?.data as { upsert: Record<string, Row> }).upsert).map(({ id }) => Number(id));
  return { log, frames, hub, watch, look, linesOf, [Symbol.asyncDispose]: () => host.stop() };
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

describe('the topic of log lines', () => {
  it('brings all that came between two looks, more than it shows, oldest first', async () => {
    await using test = await open();
    test.log.write(700);
    const end = await test.watch();
    expect(test.linesOf(test.frames[0])).toEqual(range(200, 700));
    test.log.write(1_300);
    await test.look();
    expect(test.frames.map(({ kind }) => kind)).toEqual(['snapshot', 'delta']);
    expect(test.linesOf(test.frames[1])).toEqual(range(700, 2_000));
    // Who comes now sees the newest ones.
    const late: LiveFrame[] = [];
    (await test.hub.subscribe({ topic: 'logs' }, (frame) => void late.push(frame)))();
    expect(test.linesOf(late[0])).toEqual(range(1_500, 2_000));
    end();
  });

  it('says how many lines it leaves out, when they are too many or were gone before it looked', async () => {
    await using test = await open();
    test.log.write(10);
    const end = await test.watch();
    test.log.write(9_000);
    test.log.letGo(1_000);
    await test.look();
    expect(test.frames.map(({ kind, seq }) => [kind, seq])).toEqual([['snapshot', 1], ['lag', 2], ['delta', 3]]);
    const shown = test.linesOf(test.frames[2]);
    expect(shown).toEqual(range(9_010 - shown.length, 9_010));
    expect(shown.length).toBeGreaterThan(1_500);
    expect(shown.length + (test.frames[1]?.data as { dropped: number }).dropped).toBe(9_000);
    end();
  });

  it('gives who polls the whole of it, however large', async () => {
    await using test = await open();
    test.log.write(10);
    const poll = (since?: { epoch: string; seq: number }): Promise<readonly LiveFrame[]> => test.hub.poll({ topic: 'logs', since }, 0, new AbortController().signal);
    const [first] = await poll();
    test.log.write(1_500);
    const next = await poll({ epoch: 'e', seq: first?.seq ?? -1 });
    expect(next.map(({ kind }) => kind)).toEqual(['delta']);
    expect(test.linesOf(next[0])).toEqual(range(10, 1_510));
  });
});
