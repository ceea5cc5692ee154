import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { startTestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { otel } from '../src/index.js';
import type { SpanShown } from './fixtures/start-otel.js';

const program = fileURLToPath(new URL('./fixtures/programs/hanging-engine.mjs', import.meta.url));

describe('an engine that is killed', () => {
  it('leaves spans that the next one shows as interrupted, at the time it was seen last', async () => {
    await using folder = temporaryFolder('otel');
    const child = spawn(process.execPath, [program, folder.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const traceId = await new Promise<string>((resolve, reject) => {
      void exited.then(() => reject(new Error('it ended by itself')));
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('hanging ')) resolve(line.slice(8));
      });
    });
    child.kill('SIGKILL');
    await exited;
    const killedAtMs = Date.now();
    await using host = await startTestHost([otel({ exporter: 'sqlite', data_dir: folder.path })]);
    const { spans } = (await host.functions.invoke('engine::traces::list', { trace_id: traceId })) as { spans: SpanShown[] };
    expect(spans).toMatchObject([{ name: 'invoke hangs', status: 'interrupted', has_error: true }]);
    expect(spans[0]).not.toHaveProperty('in_flight');
    expect(spans[0]!.end_time_unix_nano! / 1e6).toBeLessThanOrEqual(killedAtMs);
    const { roots } = (await host.functions.invoke('engine::traces::tree', { trace_id: traceId })) as { roots: SpanShown[] };
    expect(roots[0]!.children).toMatchObject([{ name: 'invoke done', status: 'unset' }]);
    expect(host.logs.find('marked as interrupted')).toBeDefined();
    expect(((await host.functions.invoke('engine::traces::list', { status: 'interrupted' })) as { total: number }).total).toBe(1);
  });
});
