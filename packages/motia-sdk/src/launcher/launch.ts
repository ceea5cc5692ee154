import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ipcModeOf } from './ipc-mode.js';
import { watchEngineHere } from '../watcher/watch-engine.js';
import { watchTargetFrom } from '../watcher/watch-target.js';

/** How the launched process ended. */
export interface LaunchOutcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const forwardedSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** Ours to die of as well; the rest would only write a second core dump. */
const repeatableSignals: readonly string[] = [...forwardedSignals, 'SIGKILL'];

/**
 * Runs Node (or whatever runs us) with `args` and hands it the protocol, which is our stdin and stdout or came on fds of its own, as fds 3 and 4. Its own stdin is empty, its
 * stdout and stderr are our stderr, so that nothing it or its children print can reach the protocol. We never touch
 * stdin and stdout ourselves. SIGTERM, SIGINT and SIGHUP are passed on; when the engine goes away, both processes are killed.
 */
export async function launch(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<LaunchOutcome> {
  await leaveInspector(env);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 2, 2, ...protocolFds(env)], env: { ...env, III_IPC_FDS: '3,4' } });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of forwardedSignals) process.on(signal, forward);
  const target = watchTargetFrom(env);
  const watch = target === undefined ? undefined : watchEngineHere(target, () => void child.kill('SIGKILL'));
  try {
    return await new Promise<LaunchOutcome>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
  } finally {
    // The child may have ended because the engine did: then what it started must end as well.
    watch?.look();
    watch?.stop();
    for (const signal of forwardedSignals) process.off(signal, forward);
  }
}

/** Where the protocol reached us: on fds of its own, or as stdin and stdout. */
function protocolFds(env: NodeJS.ProcessEnv): readonly [number, number] {
  if (ipcModeOf(env) !== 'mapped') return [0, 1];
  const [input = 0, output = 1] = (env['III_IPC_FDS'] ?? '').split(',').map(Number);
  return [input, output];
}

/** A debugger belongs to the process that runs user code: with our port free, that one can open it. */
async function leaveInspector(env: NodeJS.ProcessEnv): Promise<void> {
  if (![...process.execArgv, env['NODE_OPTIONS'] ?? ''].some((option) => option.includes('--inspect'))) return;
  const inspector = await import('node:inspector');
  inspector.close();
}

/** Ends this process the way the launched one ended: same code, or the same signal (128 + its number where we may not repeat it). */
export function exitLike({ code, signal }: LaunchOutcome): never {
  if (signal !== null && repeatableSignals.includes(signal)) process.kill(process.pid, signal);
  process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
}
