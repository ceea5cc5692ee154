import { parentPort, workerData } from 'node:worker_threads';
import type { ExportThreadData } from './export/thread/messages.js';
import { serveExports } from './export/thread/serve-exports.js';

// Loaded in any other thread it does nothing.
if (parentPort !== null && isThreadData(workerData)) void serveExports(parentPort, workerData.otlp);

function isThreadData(data: unknown): data is ExportThreadData {
  return typeof data === 'object' && data !== null && 'otlp' in data;
}
