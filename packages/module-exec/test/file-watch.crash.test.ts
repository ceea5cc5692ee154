import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';
import { FileWatch } from '../src/file-watch.js';
import { parseWatchPatterns } from '../src/watch-patterns.js';
import { CollectedLogs } from './support/collected-logs.js';
import { realClock } from './support/real-clock.js';
import { waitFor } from './support/wait-for.js';

interface WatchingOptions {
  readonly since?: number;
  readonly debounceMs?: number;
}

async function watching(folder: TemporaryFolder, globs: readonly string[], { since = Date.now() + 60_000, debounceMs = 60 }: WatchingOptions = {}) {
  const bursts: (readonly string[])[] = [];
  const logs = new CollectedLogs();
  const patterns = parseWatchPatterns({ watch: globs, ignore: [], cwd: folder.path, dataDir: folder.file('data') });
  const watch = new FileWatch({ clock: realClock, logger: logs.logger, patterns, cwd: folder.path, debounceMs, onChanged: (paths) => bursts.push(paths) });
  await watch.start(since);
  return { bursts, logs, watch, [Symbol.asyncDispose]: () => watch.close() };
}

/** Makes a change that must be seen, so that whatever came before it would have been seen by then. */
async function barrier(folder: TemporaryFolder, bursts: (readonly string[])[]): Promise<void> {
  const name = `src/barrier-${bursts.length}-${Math.random()}.ts`;
  writeFileSync(folder.file(name), 'x');
  await waitFor('the barrier file', () => bursts.some((paths) => paths.includes(name)));
}

function project(folder: TemporaryFolder): void {
  mkdirSync(folder.file('src', 'deep'), { recursive: true });
  mkdirSync(folder.file('node_modules', 'x'), { recursive: true });
  writeFileSync(folder.file('src', 'a.ts'), 'one');
  writeFileSync(folder.file('src', 'deep', 'b.ts'), 'one');
}

describe('file watch', () => {
  it('E6 sees a save in place, an atomic rename, a new file, a new folder and a removed file', async () => {
    await using folder = temporaryFolder();
    project(folder);
    await using watched = await watching(folder, ['src/**/*.ts']);
    const { bursts } = watched;
    const seen = (path: string) => waitFor(`a burst with ${path}`, () => bursts.splice(0).some((paths) => paths.includes(path)));

    writeFileSync(folder.file('src', 'a.ts'), 'two');
    await seen('src/a.ts');
    writeFileSync(folder.file('src', 'a.ts.tmp'), 'three');
    renameSync(folder.file('src', 'a.ts.tmp'), folder.file('src', 'a.ts'));
    await seen('src/a.ts');
    writeFileSync(folder.file('src', 'c.ts'), 'new');
    await seen('src/c.ts');
    mkdirSync(folder.file('src', 'fresh'));
    writeFileSync(folder.file('src', 'fresh', 'd.ts'), 'new');
    await seen('src/fresh/d.ts');
    rmSync(folder.file('src', 'deep', 'b.ts'));
    await seen('src/deep/b.ts');
  });

  it('E6 takes a touch, a save without a change and a change taken back for no change', async () => {
    await using folder = temporaryFolder();
    project(folder);
    await using watched = await watching(folder, ['src/**/*.ts']);
    const { bursts } = watched;
    utimesSync(folder.file('src', 'a.ts'), new Date(), new Date());
    writeFileSync(folder.file('src', 'a.ts'), 'one');
    writeFileSync(folder.file('src', 'deep', 'b.ts'), 'two');
    writeFileSync(folder.file('src', 'deep', 'b.ts'), 'one');
    await barrier(folder, bursts);
    expect(bursts.flat().filter((path) => !path.includes('barrier'))).toEqual([]);
  });

  it('E6 #45 calls once for a burst of 200 events', async () => {
    await using folder = temporaryFolder();
    project(folder);
    // So much longer than the pauses between the writes that a machine which stutters does not make two bursts of one.
    await using watched = await watching(folder, ['src/**/*.ts'], { debounceMs: 1_500 });
    for (let index = 0; index < 200; index++) {
      writeFileSync(folder.file('src', `file-${index % 20}.ts`), String(index));
      if (index % 10 === 0) await pause(2);
    }
    await waitFor('the last file', () => watched.bursts.flat().includes('src/file-19.ts'));
    expect(watched.bursts.length).toBeLessThanOrEqual(2);
  });

  it('does not see what no glob matches, and not node_modules', async () => {
    await using folder = temporaryFolder();
    project(folder);
    await using watched = await watching(folder, ['**/*.ts']);
    writeFileSync(folder.file('src', 'a.css'), 'x');
    writeFileSync(folder.file('node_modules', 'x', 'index.ts'), 'x');
    await barrier(folder, watched.bursts);
    expect(watched.bursts.flat().filter((path) => !path.includes('barrier'))).toEqual([]);
  });

  it('awaits a folder that does not exist yet, and says that nothing matches', async () => {
    await using folder = temporaryFolder();
    await using watched = await watching(folder, ['src/steps/**/*.ts']);
    expect(watched.logs.messages()).toEqual(['`watch` matches no file yet (looked in src/steps)']);
    mkdirSync(folder.file('src', 'steps'), { recursive: true });
    writeFileSync(folder.file('src', 'steps', 'a.ts'), 'x');
    await waitFor('the first file', () => watched.bursts.flat().includes('src/steps/a.ts'));
  });

  it('E6 counts a file saved after the start of the module as changed even before the watcher was up', async () => {
    await using folder = temporaryFolder();
    project(folder);
    await using watched = await watching(folder, ['src/**/*.ts'], { since: Date.now() - 60_000 });
    await waitFor('the early save', () => watched.bursts.flat().includes('src/a.ts'));
  });
});
