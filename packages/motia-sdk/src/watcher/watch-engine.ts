import childProcess from 'node:child_process';
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import { nodeWatchHost } from './node-host.js';
import { type EngineWatch, watchEngineProcess, type WatchTarget } from './watch-loop.js';

/** Watches from this thread; for a process whose event loop is ours (the launcher). The timer keeps nobody alive. */
export function watchEngineHere(target: WatchTarget, onEngineGone: (victim: 'group' | 'process') => void): EngineWatch {
  const host = nodeWatchHost({ process, fs, childProcess: () => childProcess, timers: globalThis, isRefed: false });
  return watchEngineProcess({ ...host, onEngineGone }, target);
}

/**
 * Watches from a thread of its own, so that it works while user code keeps the main thread busy. Costs about 2 ms of the
 * main thread, 20 ms of another core and 9 MiB. Keeps nobody alive.
 */
export function watchEngineFromThread(target: WatchTarget): { stop(): Promise<void> } {
  const worker = new Worker(threadSource(), {
    eval: true,
    workerData: target,
    name: 'motia-engine-watch',
    // Neither the user's NODE_OPTIONS nor loaders given on the command line belong in this thread.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  // Without the thread we still end on EOF, and the launcher watches too: nothing to tell the user's code.
  worker.on('error', () => undefined);
  worker.unref();
  return {
    async stop() {
      await worker.terminate();
    },
  };
}

/** CommonJS text for a worker. Bundlers that keep names wrap functions in `__name`, which is not there in the thread. */
function threadSource(): string {
  return `
const __name = (value) => value;
const host = (${nodeWatchHost.toString()})({
  process,
  fs: require('node:fs'),
  childProcess: () => require('node:child_process'),
  timers: globalThis,
  isRefed: true,
});
(${watchEngineProcess.toString()})(host, require('node:worker_threads').workerData);
`;
}
