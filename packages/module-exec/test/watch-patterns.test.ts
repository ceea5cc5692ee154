import { describe, expect, it } from '@jest/globals';
import { parseWatchPatterns } from '../src/watch-patterns.js';

const patterns = (watch: readonly string[], ignore: readonly string[] = []) => parseWatchPatterns({ watch, ignore, cwd: '/app', dataDir: '/app/data' });

describe('watch patterns', () => {
  it.each([
    ['steps/**/*.ts', '/app/steps/a.step.ts', true],
    ['steps/**/*.ts', '/app/steps/deep/er/a.ts', true],
    ['steps/**/*.ts', '/app/steps/a.js', false],
    ['steps/**/*.ts', '/app/other/a.ts', false],
    ['steps/**/*.{ts,js}', '/app/steps/a.js', true],
    ['src/**', '/app/src/deep/any.txt', true],
    ['*.ts', '/app/motia.config.ts', true],
    ['*.ts', '/app/steps/a.ts', false],
    ['steps', '/app/steps/deep/a.ts', true],
    ['.env', '/app/.env', true],
    ['**/*.ts', '/app/.hidden/a.ts', false],
    ['../shared/**/*.ts', '/shared/lib/a.ts', true],
    ['steps/[ab].ts', '/app/steps/b.ts', true],
    ['steps/?.ts', '/app/steps/xy.ts', false],
    ['/app/steps/*.ts', '/app/steps/a.ts', true],
    ['./steps/*.ts', '/app/steps/a.ts', true],
  ])('%s and %s: %s', (glob, path, expected) => {
    expect(patterns([glob]).matches(path)).toBe(expected);
  });

  it('leaves out node_modules, dist, .git and the data folder unless a glob names them', () => {
    const all = patterns(['**/*']);
    for (const path of ['/app/node_modules/x/index.js', '/app/packages/a/node_modules/x.js', '/app/dist/index.js', '/app/.git/HEAD', '/app/data/motia.db']) {
      expect([path, all.matches(path)]).toEqual([path, false]);
    }
    expect(all.matches('/app/src/data/rows.ts')).toBe(true);
    expect(patterns(['dist/**/*.js']).matches('/app/dist/index.js')).toBe(true);
    expect(patterns(['dist/**/*.js']).matches('/app/dist/node_modules/x.js')).toBe(false);
    expect(patterns(['data/*.json']).matches('/app/data/seed.json')).toBe(true);
  });

  it('takes `ignore` and `!glob` out, folders with all they hold', () => {
    const some = patterns(['src/**/*.ts', '!src/**/*.d.ts'], ['src/generated', '**/*.test.ts']);
    expect(some.matches('/app/src/a.ts')).toBe(true);
    expect(some.matches('/app/src/a.d.ts')).toBe(false);
    expect(some.matches('/app/src/generated/b.ts')).toBe(false);
    expect(some.matches('/app/src/deep/a.test.ts')).toBe(false);
    expect(patterns(['src/**'], ['**/tmp']).matches('/app/src/tmp/deep/x')).toBe(false);
  });

  it('walks only where files can match', () => {
    const some = patterns(['src/**/*.ts', 'app/*/step.ts']);
    expect(some.bases).toEqual(['/app/src', '/app/app']);
    expect(some.mayHold('/app')).toBe(true);
    expect(some.mayHold('/app/src/deep')).toBe(true);
    expect(some.mayHold('/app/src/node_modules')).toBe(false);
    expect(some.mayHold('/app/app/one')).toBe(true);
    expect(some.mayHold('/app/app/one/two')).toBe(false);
    expect(some.mayHold('/app/other')).toBe(false);
  });

  it('keeps one base for nested globs', () => {
    expect(patterns(['**/*.ts', 'src/**/*.js']).bases).toEqual(['/app']);
  });
});
