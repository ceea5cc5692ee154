import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { isMotiaError } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { openReadOnly } from '../sql/connection.js';
import { storageError } from '../sql/sqlite-errors.js';
import { applicationId, formatVersion } from './format.js';
import { hasMarker } from './marker.js';
import type { StoreFiles } from './store-files.js';

/** Up to this size every page is looked at; a larger file would keep the start waiting. */
const checkedBytes = 64 * 1024 * 1024;

/**
 * Looks at the files before anything is written, and changes nothing.
 * @returns whether there is a database with data
 * @throws `MOTIA_STORE_UNREADABLE`, `MOTIA_STORE_SCHEMA_NEWER`
 */
export function inspectDatabase(files: StoreFiles): boolean {
  const bytes = sizeOf(files.database);
  if (bytes === 0) {
    const what = sizeOf(files.database, -1) === -1 ? 'it is missing' : 'it is empty';
    if (hasMarker(files)) throw storeErrors.UNREADABLE({ file: files.database, reason: `${what}, although ${files.marker} says that there was data in it` });
    if (sizeOf(files.log) > 0) throw storeErrors.UNREADABLE({ file: files.database, reason: `${what}, although there are changes for it in ${files.log}` });
    return false;
  }
  let db: Database | undefined;
  try {
    db = openReadOnly(files.database);
    return isOurs(db, files, bytes);
  } catch (error) {
    if (isMotiaError(error)) throw error;
    throw storageError(error, files.database) ?? storeErrors.UNREADABLE({ file: files.database, reason: String(error) }, error);
  } finally {
    db?.close();
  }
}

function isOurs(db: Database, { database }: StoreFiles, bytes: number): boolean {
  const [application, version, tables] = [number(db, 'PRAGMA application_id'), number(db, 'PRAGMA user_version'), number(db, 'SELECT count(*) FROM sqlite_schema')];
  if (application !== applicationId && (application !== 0 || tables > 0)) throw storeErrors.UNREADABLE({ file: database, reason: 'it is a database of another program' });
  if (version > formatVersion) throw storeErrors.SCHEMA_NEWER({ file: database, part: 'the file', found: version, known: formatVersion });
  if (bytes <= checkedBytes) {
    const finding = db.prepare('PRAGMA quick_check(1)').pluck().get() as string;
    if (finding !== 'ok') throw storeErrors.UNREADABLE({ file: database, reason: finding.replaceAll('\n', ' ') });
  }
  return tables > 0;
}

function number(db: Database, sql: string): number {
  return db.prepare(sql).pluck().get() as number;
}

/** Without opening it: that would take away the locks that this process has on it. */
function sizeOf(file: string, missing = 0): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? missing;
}
