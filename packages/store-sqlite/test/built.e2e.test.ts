import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { OpeningEngine } from './fixtures/opening-engine.js';

describe.each(['index.js', 'index.cjs'])('the published package, as %s', (build) => {
  it('writes from a thread', async () => {
    await using folder = temporaryFolder('store-built');
    await using engine = new OpeningEngine({ options: { data_dir: folder.path, writer: 'thread' }, env: { OPENING_BUILD: build } });
    expect(await engine.line('opened')).toMatchObject({ fencingToken: 1 });
    expect(await engine.run('add', { name: 'a', by: 2 })).toBe(2);
    await engine.stop();
    expect(await engine.line('stopped')).toBeDefined();
  });
});

it('an idle store keeps no program alive, one that is written to does', async () => {
  await using folder = temporaryFolder('store-built');
  const [store, core, program] = ['../dist/index.js', '../../engine-core/dist/index.js', './fixtures/programs/counter-program.mjs'].map((path) => new URL(path, import.meta.url).href);
  const script = `
    import { createEngine } from '${core}';
    import { sqliteStore } from '${store}';
    import { storeProgram } from '${program}';
    const engine = await createEngine({ modules: [sqliteStore({ data_dir: ${JSON.stringify(folder.path)}, writer: 'thread' })], logging: { level: 'error' } });
    await engine.start();
    const handle = await (await engine.service({ id: 'store.pool' }).open({})).open(storeProgram);
    let value = 0;
    for (let round = 0; round < 20; round += 1) value = await handle.run('add', { name: 'a', by: 1 });
    console.log(value);
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)), timeout: 30_000 });
  expect(output.trim()).toBe('20');
});

it('the program of the README runs as it stands', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const program = /^```js\n([\s\S]*?)^```/m.exec(readme)?.[1] ?? '';
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)), timeout: 30_000 });
  expect(output).toContain("[ 1, 2, 1 ]\n[ { page: '/', count: 2 }, { page: '/about', count: 1 } ]");
});
