import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { discover, displayPath } from '../../src/build/discover.js';

function write(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
}

describe('discover', () => {
  it('finds step and stream files of every kind under the three folders, sorted, and nothing else', async () => {
    await using folder = temporaryFolder('discover');
    const wanted = ['src/a/b.step.mjs', 'steps/a.step.ts', 'steps/b.step.js', 'steps/deep/er/c.step.cjs', 'streams/s.step.ts'];
    const streams = ['src/x.stream.js', 'steps/y.stream.ts', 'streams/z.stream.mjs'];
    const others = [
      'a.step.ts', 'lib/a.step.ts', 'steps/node_modules/m/a.step.ts', 'steps/dist/a.step.ts', 'steps/.hidden/a.step.ts', 'steps/.a.step.ts',
      'steps/step.ts', 'steps/a.step.d.ts', 'steps/a.step.ts.bak', 'steps/a.stepts', 'steps/a.step.json',
    ];
    for (const file of [...wanted, ...streams, ...others]) write(folder.file(file));
    const found = discover(folder.path);
    expect(found.steps.map((path) => displayPath(folder.path, path))).toEqual(wanted);
    expect(found.streams.map((path) => displayPath(folder.path, path))).toEqual(streams);
    expect(found.config).toBeUndefined();
  });

  it('finds the config file of the app', async () => {
    await using folder = temporaryFolder('discover');
    write(folder.file('motia.config.ts'));
    expect(relative(folder.path, discover(folder.path).config ?? '')).toBe('motia.config.ts');
  });

  it('follows links, survives dangling ones and circles', async () => {
    await using folder = temporaryFolder('discover');
    write(folder.file('shared/linked.step.ts'));
    mkdirSync(folder.file('steps'));
    symlinkSync(folder.file('shared'), folder.file('steps/shared'));
    symlinkSync(folder.file('steps'), folder.file('steps/circle'));
    symlinkSync(folder.file('nowhere'), folder.file('steps/dangling.step.ts'));
    expect(discover(folder.path).steps.map((path) => displayPath(folder.path, path))).toEqual(['steps/shared/linked.step.ts']);
  });

  it('finds nothing in an empty folder', async () => {
    await using folder = temporaryFolder('discover');
    expect(discover(folder.path)).toEqual({ steps: [], streams: [], config: undefined });
  });
});
