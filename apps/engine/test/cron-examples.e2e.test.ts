import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { example } from './harness/example.js';
import { startIii, type RunningEngine } from './harness/running-engine.js';

const post = (url: string, body: unknown = {}): Promise<Response> => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const json = async <T>(url: string): Promise<T> => (await fetch(url)).json() as Promise<T>;
async function until<T>(look: () => Promise<T>, isEnough: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (isEnough(seen)) return seen;
    await new Promise<void>((resolve) => setTimeout(resolve, 50));
  }
}

describe('examples/nightly-report', () => {
  interface Reports {
    readonly next: string;
    readonly last: string | null;
    readonly reports: readonly { readonly slot: string; readonly sales: number; readonly cents: number; readonly byProduct: Readonly<Record<string, number>>; readonly backfilled: boolean }[];
  }
  const start = (folder: string): Promise<RunningEngine> => startIii({ cwd: example('nightly-report'), env: { DATA_DIR: folder } });

  it('C1 is due at two in Berlin, runs from the queue when it is asked for, and is known after a restart', async () => {
    await using folder = temporaryFolder('nightly-report');
    let made: Reports;
    {
      await using engine = await start(folder.path);
      for (const [product, cents] of [['tea', 300], ['tea', 300], ['cake', 450]] as const) expect((await post(`${engine.url}/sales`, { product, cents })).status).toBe(201);
      const { next } = await json<Reports>(`${engine.url}/reports`);
      expect(new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'medium' }).format(new Date(next))).toMatch(/^0[23]:00:00$/);
      expect((await post(`${engine.url}/reports`)).status).toBe(202);
      made = await until(() => json<Reports>(`${engine.url}/reports`), ({ reports, last }) => reports.length === 1 && last === 'succeeded');
      expect(made).toMatchObject({ reports: [{ sales: 3, cents: 1_050, byProduct: { tea: 600, cake: 450 }, backfilled: false }] });
      expect(engine.logs.some(({ message }) => message === 'Cron runs are messages on the queue: retried and dead-lettered like any other')).toBe(true);
    }
    await using engine = await start(folder.path);
    expect(await json<Reports>(`${engine.url}/reports`)).toEqual(made);
  }, 120_000);
});

describe('examples/multi-trigger', () => {
  interface Rates {
    readonly base: string;
    readonly by: string;
  }

  it('one Step is started by a request, by the clock, and by a message', async () => {
    await using folder = temporaryFolder('multi-trigger');
    await using engine = await startIii({ cwd: example('multi-trigger'), env: { DATA_DIR: folder.path } });
    expect(await (await post(`${engine.url}/rates/GBP`)).json()).toMatchObject({ base: 'GBP', by: 'http' });
    const seen = await until(() => json<readonly Rates[]>(`${engine.url}/rates`), (rates) => new Set(rates.map(({ by }) => by)).size === 3);
    expect(seen.map(({ base, by }) => `${base} ${by}`).sort()).toEqual(['EUR cron', 'GBP http', 'USD queue']);
  }, 120_000);
});
