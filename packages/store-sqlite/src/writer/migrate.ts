import type { Database } from 'better-sqlite3';
import { isMotiaError, messageOf, type StoreProgram, type StoreSql } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { storageError } from '../sql/sqlite-errors.js';

export interface MigrationTarget {
  readonly db: Database;
  readonly sql: StoreSql;
  /** Path of the file; undefined in memory. */
  readonly file: string | undefined;
}

/** Names of programs, which are prefixes of tables. `sqlite` belongs to SQLite. */
const programName = /^(?!sqlite)[a-z][a-z0-9_]{0,39}$/;

/** @throws `MOTIA_STORE_PROGRAM_INVALID` */
export function checkProgram(program: StoreProgram): void {
  if (!programName.test(program.name)) throw storeErrors.PROGRAM_INVALID({ program: String(program.name), problem: 'its name must be lower-case letters, digits and underscores' });
  program.migrations.forEach(({ version }, index) => {
    if (version !== index + 1) throw storeErrors.PROGRAM_INVALID({ program: program.name, problem: `migration ${index + 1} has the version ${version}; versions are 1, 2, 3 … without holes` });
  });
}

/**
 * Brings the tables of a program to its last version, each step in a transaction of its own: a crash leaves the step before.
 * Safe while other processes do the same.
 * @throws `MOTIA_STORE_SCHEMA_NEWER`, `MOTIA_STORE_MIGRATION_FAILED`
 */
export function migrate(target: MigrationTarget, program: StoreProgram): void {
  checkProgram(program);
  target.sql.run('CREATE TABLE IF NOT EXISTS store_programs (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID');
  for (;;) {
    // Looked at without the lock of a writer first: as a rule there is nothing to do.
    if (versionOf(target, program) === program.migrations.length) return;
    step(target, program);
  }
}

function versionOf({ sql, file }: MigrationTarget, { name, migrations }: StoreProgram): number {
  const found = sql.get<{ version: number }>('SELECT version FROM store_programs WHERE name = ?', name)?.version ?? 0;
  if (found > migrations.length) throw storeErrors.SCHEMA_NEWER({ file: file ?? 'in memory', part: `"${name}"`, found, known: migrations.length });
  return found;
}

function step(target: MigrationTarget, program: StoreProgram): void {
  const { db, sql, file } = target;
  const { name, migrations } = program;
  let version = 0;
  try {
    db.exec('BEGIN IMMEDIATE');
    version = versionOf(target, program) + 1;
    const next = migrations[version - 1];
    if (next !== undefined) {
      const before = namesIn(sql);
      next.up(sql);
      const foreign = [...namesIn(sql)].find((each) => !before.has(each) && each !== name && !each.startsWith(`${name}_`));
      if (foreign !== undefined) throw storeErrors.PROGRAM_INVALID({ program: name, problem: `its migration ${version} makes "${foreign}"; names of its tables and indexes begin with "${name}_"` });
      sql.run('INSERT INTO store_programs (name, version) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version', name, version);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    if (isMotiaError(error)) throw error;
    const reason = messageOf(error);
    throw storageError(error, file) ?? storeErrors.MIGRATION_FAILED({ program: name, version, reason }, error);
  }
}

function namesIn(sql: StoreSql): ReadonlySet<string> {
  return new Set(sql.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'").map(({ name }) => name));
}
