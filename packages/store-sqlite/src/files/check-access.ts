import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { MotiaError } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { storeFiles, type StoreFiles } from './store-files.js';

/** Only who runs the engine may look into what it keeps. */
const folderMode = 0o700;
const fileMode = 0o600;

/**
 * Makes the folder if there is none, and looks whether its files may be written. Links are followed, so that two names of
 * one folder are one store. @throws `MOTIA_STORE_READ_ONLY`, `MOTIA_STORE_UNREADABLE`
 */
export function prepareFolder(path: string, name?: string): StoreFiles {
  try {
    mkdirSync(path, { recursive: true, mode: folderMode });
  } catch (error) {
    throw accessError(path, error);
  }
  const files = storeFiles(realpathSync(path), name);
  if (!statSync(files.folder).isDirectory()) throw storeErrors.UNREADABLE({ file: path, reason: 'it is not a folder' });
  check(files.folder, constants.R_OK | constants.W_OK | constants.X_OK);
  for (const file of [files.database, files.log, files.logIndex, files.marker, files.lock]) if (existsSync(file)) check(file, constants.R_OK | constants.W_OK);
  return files;
}

/** Makes an empty file that only its owner may read, unless it is there. SQLite gives the log the same permissions. */
export function createPrivateFile(file: string): void {
  try {
    // Never opens one that is there: closing any descriptor of a file takes the locks away that this process has on it.
    closeSync(openSync(file, 'wx', fileMode));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw accessError(file, error);
  }
}

function check(path: string, mode: number): void {
  try {
    accessSync(path, mode);
  } catch (error) {
    throw accessError(path, error);
  }
}

/** What the system says about a file, as a condition of the store. */
export function accessError(path: string, error: unknown): MotiaError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return storeErrors.FULL({ file: path }, error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return storeErrors.READ_ONLY({ path, reason: code, ...userId() }, error);
  return storeErrors.UNREADABLE({ file: path, reason: code === 'EEXIST' || code === 'ENOTDIR' ? 'it is not a folder' : message }, error);
}

function userId(): { readonly uid?: number } {
  try {
    return { uid: userInfo().uid };
  } catch {
    return {}; // A user without an entry in the user database.
  }
}
