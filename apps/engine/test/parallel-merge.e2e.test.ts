import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { example } from './harness/example.js';
import { startIii, type RunningEngine } from './harness/running-engine.js';

interface Shown {
  readonly done: number;
  readonly parts: number;
  readonly words: number;
  readonly workers: number;
  readonly report: { readonly parts: number; readonly words: number; readonly longest: number } | null;
}
const start = (folder: string): Promise<RunningEngine> => startIii({ cwd: example('parallel-merge'), env: { DATA_DIR: folder } });
const lines = Array.from({ length: 60 }, (_, n) => 'word '.repeat(n + 1));
const words = (60 * 61) / 2;

async function begin(engine: RunningEngine): Promise<string> {
  const response = await fetch(`${engine.url}/counts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ lines }) });
  expect(response.status).toBe(202);
  return ((await response.json()) as { countId: string }).countId;
}
const show = async (engine: RunningEngine, id: string): Promise<Shown> => (await fetch(`${engine.url}/counts/${id}`)).json() as Promise<Shown>;
async function shown(engine: RunningEngine, id: string, isEnough: (count: Shown) => boolean): Promise<Shown> {
  for (;;) {
    const count = await show(engine, id);
    if (isEnough(count)) return count;
  }
}
const isComplete = ({ message }: { readonly message: string }): boolean => message === 'count is complete';

describe('examples/parallel-merge', () => {
  it('S2 S6 adds what many processes count to one item, and runs one Step exactly when the last is done', async () => {
    await using folder = temporaryFolder('parallel-merge');
    await using engine = await start(folder.path);
    const ids = await Promise.all([begin(engine), begin(engine), begin(engine)]);
    for (const id of ids) {
      const count = await shown(engine, id, ({ report }) => report !== null);
      expect(count).toMatchObject({ done: 60, parts: 60, words, report: { parts: 60, words, longest: 60 } });
      expect(count.workers).toBeGreaterThan(1);
      // Log records come in batches: the report may be there before its line.
      await engine.waitForLog(`the line of count ${id}`, (line) => isComplete(line) && line.fields?.['countId'] === id);
    }
    expect(engine.logs.filter(isComplete).map(({ fields }) => fields?.['countId']).sort()).toEqual([...ids].sort());
    expect((await fetch(`${engine.url}/counts/nothing`)).status).toBe(404);
  }, 120_000);

  it('S4 S6 goes on where it was after the engine was killed: nothing lost, nothing added twice', async () => {
    await using folder = temporaryFolder('parallel-merge');
    const first = await start(folder.path);
    const id = await begin(first);
    await shown(first, id, ({ done }) => done >= 5);
    first.signal('SIGKILL');
    await first.exited;
    await using second = await start(folder.path);
    expect(await shown(second, id, ({ report }) => report !== null)).toMatchObject({ done: 60, words, report: { parts: 60, words, longest: 60 } });
  }, 120_000);
});
