import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { temporaryFolder } from '@motia/tools/testing';
import { OpeningEngine } from './fixtures/opening-engine.js';

const program = './growing-program.mjs';
const texts = { 1: ['first', 'second'], 2: ['first', 'second'], 3: ['FIRST', 'SECOND'] } as const;
/** Before and after each statement of each version. */
const places = [[1, 2], [2, 4], [3, 2]].flatMap(([version = 0, statements = 0]) => Array.from({ length: statements + 1 }, (_, done) => [version, done] as const));

describe('#19 an engine that dies while tables are brought up to date', () => {
  it.each(places)('at version %d after %d statements leaves the version before, whole, and the next start goes on from there', async (version, done) => {
    await using folder = temporaryFolder('store-migration');
    const options = { data_dir: folder.path, writer: done % 2 === 0 ? 'inline' : 'thread' } as const;
    if (version > 1) {
      await using before = new OpeningEngine({ options, program, env: { GROWING_VERSION: String(version - 1) } });
      await before.line('opened');
      await before.stop();
    }
    await using dying = new OpeningEngine({ options, program, env: { GROWING_CRASH: `${version}.${done}` } });
    expect(await dying.line('opened')).toBeUndefined();
    expect(stateOf(folder.file('motia.db'))).toEqual({ integrity: 'ok', version: version - 1, texts: version === 1 ? undefined : texts[(version - 1) as 1 | 2] });
    await using next = new OpeningEngine({ options, program });
    expect(await next.line('opened')).toMatchObject({ texts: texts[3] });
  });
});

function stateOf(file: string): object {
  const db = new Database(file, { readonly: true });
  try {
    const has = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'growing'").get() !== undefined;
    return {
      integrity: db.pragma('integrity_check', { simple: true }),
      version: (db.prepare<[], { version: number }>("SELECT version FROM store_programs WHERE name = 'growing'").get()?.version ?? 0),
      texts: has ? db.prepare<[], { text: string }>('SELECT text FROM growing ORDER BY id').all().map(({ text }) => text) : undefined,
    };
  } finally {
    db.close();
  }
}
