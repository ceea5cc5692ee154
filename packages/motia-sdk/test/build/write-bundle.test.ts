import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';
import { writeBundle } from '../../src/build/write-bundle.js';

const bundleOf = (folder: TemporaryFolder, names: readonly string[]) => ({
  folder: folder.file('dist/dev'),
  files: names.map((name) => ({ path: folder.file('dist/dev', name), contents: Buffer.from(name) })),
  entry: { path: folder.file('dist/index-dev.js'), text: `import './dev/${names[0] ?? ''}';\n` },
});
const chunks = (folder: TemporaryFolder): string[] => readdirSync(folder.file('dist/dev')).filter((name) => name !== 'builds.json').sort();

describe('writeBundle', () => {
  it('E6 keeps the files of the last three builds, which an older process may still import, and removes older ones', async () => {
    await using folder = temporaryFolder('bundle');
    for (const version of ['1', '2', '3', '4']) await writeBundle(bundleOf(folder, [`app-${version}.js`, 'shared.js']));
    expect(chunks(folder)).toEqual(['app-2.js', 'app-3.js', 'app-4.js', 'shared.js']);
    expect(readFileSync(folder.file('dist/index-dev.js'), 'utf8')).toContain('app-4.js');
  });

  it('counts a build that changed nothing as the same build', async () => {
    await using folder = temporaryFolder('bundle');
    for (const version of ['1', '2', '2', '2', '2']) await writeBundle(bundleOf(folder, [`app-${version}.js`]));
    expect(chunks(folder)).toEqual(['app-1.js', 'app-2.js']);
  });

  it('starts a new list when the list of builds is unreadable', async () => {
    await using folder = temporaryFolder('bundle');
    await writeBundle(bundleOf(folder, ['app-1.js']));
    writeFileSync(folder.file('dist/dev/builds.json'), '{');
    await writeBundle(bundleOf(folder, ['app-2.js']));
    expect(chunks(folder)).toEqual(['app-2.js']);
  });

  it.each([
    ['no package.json', undefined, true],
    ['"type": "module"', '{"type":"module"}', false],
    ['no "type"', '{}', true],
    ['"type": "commonjs"', '{"type":"commonjs"}', true],
  ])('marks the output as ESM where the app has %s', async (_title, manifest, isMarked) => {
    await using folder = temporaryFolder('bundle');
    if (manifest !== undefined) writeFileSync(folder.file('package.json'), manifest);
    await writeBundle(bundleOf(folder, ['app-1.js']));
    await writeBundle(bundleOf(folder, ['app-2.js']));
    expect(existsSync(folder.file('dist/package.json'))).toBe(isMarked);
    if (isMarked) expect(JSON.parse(readFileSync(folder.file('dist/package.json'), 'utf8'))).toEqual({ type: 'module' });
  });
});
