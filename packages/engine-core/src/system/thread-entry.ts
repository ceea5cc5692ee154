import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether a thread can be started with this file. It stands beside what starts it once that is built; not in sources, nor in bundles that take everything into one file. */
export function isThreadEntry(entry: URL): boolean {
  return entry.protocol === 'file:' && existsSync(fileURLToPath(entry));
}
