import { defineErrors, type ErrorEntry } from '@motia/engine-core/contract';

function entry<D>(status: number, remedy: string, message: (details: D) => string, retryable = false): ErrorEntry<D> {
  return { status, retryable, since: '0.1.0', message, remedy };
}

interface ProgramCommand {
  readonly program: string;
  readonly command: string;
}

/** Every condition of the store, `MOTIA_STORE_<key>`. */
export const storeErrors = defineErrors('STORE', {
  CLOSED: entry<{ readonly file?: string }>(
    503,
    'Hand work to the store between `start` and `stop` of its module only.',
    (d) => `The store ${d.file ?? 'in memory'} is closed.`,
  ),
  FULL: entry<{ readonly file?: string }>(
    507,
    'Free space on the disk, or raise `max_file_bytes`. Reading works on, and writing does again as soon as there is room.',
    (d) => `There is no room left for the store ${d.file ?? 'in memory'}: the change was not made.`,
    true,
  ),
  BUSY: entry<{ readonly reason: string }>(
    503,
    'Try again in a moment. When it stays so, the disk is too slow for what is written, or another program holds the database.',
    (d) => `The store takes no more changes now: ${d.reason}.`,
    true,
  ),
  DRIVER_MISSING: entry<{ readonly reason: string; readonly exitCode: number }>(
    500,
    'Run `npm install-scripts approve better-sqlite3`, then `npm rebuild better-sqlite3`. It compiles on machines without a ready-made binary: that needs Python 3, make and a C++ compiler. After a change of the Node version `npm rebuild better-sqlite3` is enough.',
    (d) => `The native part of better-sqlite3 cannot be loaded: ${d.reason}.`,
  ),
  OWNED: entry<{ readonly folder: string; readonly pid?: number; readonly startedAt?: string; readonly isShared?: boolean }>(
    500,
    'Stop the other engine, give this one another `data_dir`, or set `shared: true` in both. `iii --wait-lock` (`wait_lock_ms`) waits for the other one to end.',
    (d) => `The folder ${d.folder} is used by another engine${d.pid === undefined ? '' : `: process ${d.pid}, started ${d.startedAt}`}${d.isShared === true ? ', which shares it only with engines that have `shared: true`' : ''}.`,
  ),
  READ_ONLY: entry<{ readonly path: string; readonly reason: string; readonly uid?: number }>(
    500,
    'Give the user that runs the engine the right to write there, or name another `data_dir`.',
    (d) => `The store cannot write to ${d.path}${d.uid === undefined ? '' : ` as user ${d.uid}`} (${d.reason}).`,
  ),
  UNREADABLE: entry<{ readonly file: string; readonly reason: string }>(
    500,
    'Nothing was changed. Put a backup of the file in its place, or move it away together with its `-wal`, `-shm` and `-marker` files to begin empty.',
    (d) => `The store ${d.file} cannot be read: ${d.reason}.`,
  ),
  SCHEMA_NEWER: entry<{ readonly file: string; readonly part: string; readonly found: number; readonly known: number }>(
    500,
    'Nothing was changed. Start the version of the engine that wrote the file, or a newer one.',
    (d) => `The store ${d.file} was written by a newer version: ${d.part} has version ${d.found}, this version knows ${d.known}.`,
  ),
  MIGRATION_FAILED: entry<{ readonly program: string; readonly version: number; readonly reason: string }>(
    500,
    'The step was undone and the data is as it was before. Report it to the authors of the module.',
    (d) => `The tables of ${d.program} could not be brought to version ${d.version}: ${d.reason}.`,
  ),
  PROGRAM_INVALID: entry<{ readonly program: string; readonly problem: string }>(
    500,
    'This is a fault of the module that brings the program: see "Store programs" in the README of @motia/store-sqlite.',
    (d) => `The store program "${d.program}" cannot be used: ${d.problem}.`,
  ),
  COMMAND_UNKNOWN: entry<ProgramCommand>(
    500,
    'Name a command or query that the program has.',
    (d) => `The store program "${d.program}" has no "${d.command}".`,
  ),
  COMMAND_FAILED: entry<ProgramCommand & { readonly reason: string }>(
    500,
    'Nothing of it was kept. This is a fault of the module that brings the program; the cause has its stack.',
    (d) => `"${d.command}" of the store program "${d.program}" failed: ${d.reason}.`,
  ),
  STATEMENT_REFUSED: entry<{ readonly statement: string; readonly reason: string }>(
    500,
    'This is a fault of the module that brings the store program: change data in commands only, and leave transactions to the store.',
    (d) => `The statement "${d.statement}" is refused: ${d.reason}.`,
  ),
  VALUE_INVALID: entry<{ readonly problem: string }>(
    400,
    'Keep numbers within 2^53, or store them as text; a statement takes text, finite numbers, bytes and null.',
    (d) => `A value cannot be stored: ${d.problem}.`,
  ),
  ROW_CORRUPT: entry<{ readonly table: string; readonly key: Readonly<Record<string, unknown>> }>(
    500,
    'Write the value again or delete it. A copy of what was found is in the table `store_quarantine`; check the disk, and keep backups.',
    (d) => `A row of ${d.table} is not what was written (${JSON.stringify(d.key)}): its checksum is wrong.`,
  ),
  IO_FAILED: entry<{ readonly file?: string; readonly reason: string }>(
    500,
    'Look at the disk and the system log. The change may or may not be there after a restart.',
    (d) => `Reading or writing the store ${d.file ?? 'in memory'} failed: ${d.reason}.`,
  ),
  WRITER_LOST: entry<{ readonly reason: string }>(
    500,
    'Restart the engine, and look at what its log says before this. Changes that were being written may or may not be there.',
    (d) => `The thread that writes to the store is gone: ${d.reason}.`,
  ),
  WRITER_UNAVAILABLE: entry<{ readonly reason: string }>(
    500,
    'Set `writer: auto` or `writer: inline`, or make the program importable: see "Where the writer runs" in the README of @motia/store-sqlite.',
    (d) => `The store cannot be written from a thread of its own: ${d.reason}.`,
  ),
  TX_ABORTED: entry<{ readonly reason: string }>(
    409,
    'Look at the error of the transaction itself; it is the cause of this one.',
    (d) => `The transaction was undone because another of its changes failed: ${d.reason}.`,
  ),
  TX_CLOSED: entry<{ readonly program: string; readonly command: string }>(
    500,
    'Hand all changes over before the function given to `transaction` returns; never await one of them inside it.',
    (d) => `"${d.command}" of "${d.program}" came after its transaction was handed to the store.`,
  ),
  TX_INVALID: entry<{ readonly pointer: string; readonly problem: string }>(
    400,
    'Send `{ operations: [{ function_id, payload }] }`.',
    (d) => `The transaction is not valid: ${d.pointer} ${d.problem}.`,
  ),
  TX_FUNCTION_UNKNOWN: entry<{ readonly functionId: string; readonly operation: number; readonly nearest: readonly string[] }>(
    404,
    'Check the id, and that the module that has the function is part of the engine.',
    (d) => `Operation ${d.operation} of the transaction calls "${d.functionId}", which is not known.${d.nearest.length === 0 ? '' : ` Did you mean ${d.nearest.map((name) => `"${name}"`).join(' or ')}?`}`,
  ),
  TX_NOT_PARTICIPATING: entry<{ readonly functionId: string; readonly operation: number; readonly participants: readonly string[] }>(
    400,
    'Call the function by itself, before or after the transaction.',
    (d) => `Operation ${d.operation} of the transaction calls "${d.functionId}", which cannot be part of one. ${d.participants.length === 0 ? 'No function of this engine can.' : `These can: ${d.participants.join(', ')}.`}`,
  ),
  TX_CROSS_STORE: entry<{ readonly stores: readonly string[] }>(
    400,
    'Keep what must change together in one store: give the modules the same directory.',
    (d) => `One transaction cannot change ${d.stores.join(' and ')} together.`,
  ),
});
