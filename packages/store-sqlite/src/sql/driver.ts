import Database, { type Database as Connection, type Options } from 'better-sqlite3';
import { storeErrors } from '../errors.js';

/**
 * Opens a database. npm installs better-sqlite3 without its native part when nobody has allowed its install script, and one
 * that was built for another Node does not load: both are said as what they are.
 * @throws `MOTIA_STORE_DRIVER_MISSING`, SqliteError
 */
export function openDatabase(file: string, options: Options): Connection {
  try {
    return new Database(file, options);
  } catch (error) {
    const reason = whyNotLoaded(error);
    throw reason === undefined ? error : storeErrors.DRIVER_MISSING({ reason, exitCode: 78 }, error);
  }
}

/** Undefined when the native part is there, and something else failed. */
export function whyNotLoaded(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  if (typeof message !== 'string') return undefined;
  if (message.startsWith('Could not locate the bindings file')) return 'it was installed without being built';
  return code === 'ERR_DLOPEN_FAILED' ? message.split('\n')[0] : undefined;
}
