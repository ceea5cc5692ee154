import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { engineErrors, engineVersion } from '../src/index.js';
import { invocationErrors } from '../src/errors/invocation-errors.js';
import { CONTRACT_VERSION } from '../src/contract/index.js';

const file = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

describe('@motia/engine-core', () => {
  it('tells the version of its package', () => {
    expect(engineVersion).toBe((JSON.parse(file('package.json')) as { version: string }).version);
  });

  it('names its contract number in the table of the README', () => {
    const [major, minor] = engineVersion.split('.');
    expect(file('README.md')).toContain(`| ${major}.${minor} | ${CONTRACT_VERSION} |`);
  });

  it('defines no condition of its two catalogs twice', () => {
    expect(Object.keys(engineErrors.$catalog).filter((condition) => condition in invocationErrors.$catalog)).toEqual([]);
  });

  it('lists every option of createEngine in the README', () => {
    const source = file('src/engine-options.ts');
    const body = source.slice(source.indexOf('export interface EngineOptions'), source.indexOf('/** One module of an engine. */'));
    const options = [...body.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name);
    expect(options.length).toBeGreaterThan(10);
    expect(options.filter((name) => !file('README.md').includes(`| \`${name}\` |`))).toEqual([]);
  });
});
