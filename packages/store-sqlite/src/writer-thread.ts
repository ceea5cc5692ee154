import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadData } from './thread/messages.js';
import { serveWrites } from './thread/serve-writes.js';

// Loaded in any other thread it does nothing.
if (parentPort !== null && isThreadData(workerData)) serveWrites(parentPort, workerData.store);

function isThreadData(data: unknown): data is { readonly store: ThreadData } {
  return typeof data === 'object' && data !== null && 'store' in data;
}
