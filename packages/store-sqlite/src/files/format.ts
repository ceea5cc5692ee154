import type { Database } from 'better-sqlite3';

/** "MoTi": how `file` and SQLite tools tell whose database it is. */
export const applicationId = 0x4d_6f_54_69;
/** Of the file as a whole; the tables of each program have their own versions. */
export const formatVersion = 1;

/** Marks a database as ours, in one step. */
export function writeFormat(db: Database): void {
  db.exec(`BEGIN IMMEDIATE; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}; COMMIT`);
}
