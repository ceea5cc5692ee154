import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import type { StoreFiles } from './store-files.js';

export function hasMarker({ marker }: StoreFiles): boolean {
  return existsSync(marker);
}

/** Writes down, for good, that the database has data in it. */
export function writeMarker({ folder, marker }: StoreFiles): void {
  if (existsSync(marker)) return;
  // Of its own name: engines that share the folder may get here together.
  const draft = `${marker}.${randomUUID()}`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, 'The database beside this file has data: when it is empty or missing that is a loss, and the engine does not start on it.\n');
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, marker);
  syncFolder(folder);
}

/** Names of files are on the disk only after this. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } catch {
    // Not every system can sync a folder.
  } finally {
    closeSync(descriptor);
  }
}
