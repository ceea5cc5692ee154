import { isMotiaError, messageOf, type MotiaError } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';

/** SQLite's own name of what went wrong, `SQLITE_FULL`; undefined for errors of others. */
export function sqliteCode(error: unknown): string | undefined {
  // Not by its class: the native part makes errors of the context that loaded it first.
  const code: unknown = typeof error === 'object' && error !== null ? (error as { readonly code?: unknown }).code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** What is wrong with the disk or the file, as a condition of the store; undefined when it is neither. */
export function storageError(error: unknown, file: string | undefined): MotiaError | undefined {
  const code = sqliteCode(error);
  if (code === undefined) return undefined;
  const where = file === undefined ? {} : { file };
  const reason = `${(error as Error).message} (${code})`;
  if (code === 'SQLITE_FULL') return storeErrors.FULL(where, error);
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return storeErrors.BUSY({ reason: 'another program holds the database' }, error);
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return storeErrors.UNREADABLE({ file: file ?? 'in memory', reason }, error);
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY') || code === 'SQLITE_NOMEM' || code === 'SQLITE_PROTOCOL') return storeErrors.IO_FAILED({ ...where, reason }, error);
  return undefined;
}

/** What a command threw, as its caller gets it: errors with a code as they are, all others with the name of the command. */
export function commandError(error: unknown, where: { readonly program: string; readonly command: string; readonly file: string | undefined }): MotiaError {
  if (isMotiaError(error)) return error;
  const { program, command, file } = where;
  return storageError(error, file) ?? storeErrors.COMMAND_FAILED({ program, command, reason: messageOf(error) }, error);
}
