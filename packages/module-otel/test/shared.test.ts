import { describe, expect, it } from '@jest/globals';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { startOtel, type RunningOtel } from './fixtures/start-otel.js';

const start = (data_dir: string): Promise<RunningOtel> => startOtel({ exporter: 'sqlite', data_dir }, { modules: [sqliteStore({ shared: true, data_dir })] });
const names = async (otel: RunningOtel): Promise<readonly string[]> => (await otel.list({ sort_by: 'name' })).spans.map(({ name }) => name);

describe('engines that share telemetry.db', () => {
  it('read what each other goes on to record after one of them has forgotten everything', async () => {
    await using folder = temporaryFolder('otel');
    await using one = await start(folder.path);
    await using other = await start(folder.path);
    await other.run('orders::create');
    expect(await names(one)).toEqual([]);
    expect(await names(other)).toEqual(['invoke orders::create']);
    await one.call('engine::traces::clear');
    await other.run('orders::create');
    expect(await names(other)).toEqual(['invoke orders::create']);
    expect(await names(one)).toEqual(['invoke orders::create']);
  });

  it('do not end the spans of one that merely stands still', async () => {
    await using folder = temporaryFolder('otel');
    await using one = await start(folder.path);
    await using other = await start(folder.path);
    let end!: () => void;
    const running = other.run('long', () => new Promise<void>((resolve) => (end = resolve)));
    await other.clock.advance('1s');
    // The clock of the other one stands still: it writes nothing any more.
    await one.clock.advance('2m');
    expect((await one.list()).spans).toMatchObject([{ name: 'invoke long', status: 'unset', in_flight: true }]);
    end();
    await running;
    expect((await other.list()).spans).toMatchObject([{ name: 'invoke long', status: 'unset', span_count: 1 }]);
  });
});
