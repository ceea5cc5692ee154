import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

const motia = join(fileURLToPath(new URL('../../../../node_modules/motia', import.meta.url)), 'dist/bin/motia.js');

/** Builds the production bundle of an app. */
export function bundleApp(cwd: string): void {
  const { status, stderr } = spawnSync(process.execPath, [motia, 'build'], { cwd, env: { ...process.env, NODE_OPTIONS: '' }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`motia build failed: ${stderr}`);
}

export interface RemoteWorkerProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it printed, line by line. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** The first line on standard error, past or to come, that holds the text; `after` skips as many matching ones. */
  waitForLine(text: string, after?: number): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  readonly exited: Promise<number | NodeJS.Signals>;
}

/** Runs `motia start --engine <url>` as a user would. With `ready: false` it does not wait until the engine took it. */
export async function startRemoteWorker(options: { readonly cwd: string; readonly engine: string; readonly env?: Readonly<Record<string, string>>; readonly ready?: boolean }): Promise<RemoteWorkerProcess> {
  const child = spawn(process.execPath, [motia, 'start', '--engine', options.engine], { cwd: options.cwd, env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: '', ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout: string[] = [];
  const stderr: string[] = [];
  const watchers = new Set<() => void>();
  const notice = (): void => {
    for (const watcher of [...watchers]) watcher();
  };
  createInterface({ input: child.stdout }).on('line', (line) => void stdout.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr.push(line);
    notice();
  });
  let hasExited = false;
  const exited = new Promise<number | NodeJS.Signals>((resolve) => child.once('close', (code, signal) => {
    hasExited = true;
    resolve(code ?? signal ?? 'SIGKILL');
    notice();
  }));
  const waitForLine = (text: string, after = 0): Promise<string> => new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      watchers.delete(look);
      act();
    };
    const look = (): void => {
      const found = stderr.filter((line) => line.includes(text))[after];
      if (found !== undefined) settle(() => resolve(found));
      else if (hasExited) settle(() => reject(new Error(`the worker ended before it said "${text}":\n${stderr.join('\n')}`)));
    };
    const timer = setTimeout(() => settle(() => reject(new Error(`the worker did not say "${text}":\n${stderr.join('\n')}`))), 40_000);
    watchers.add(look);
    look();
  });
  const worker: RemoteWorkerProcess = {
    pid: child.pid as number, stdout, stderr, waitForLine, exited,
    signal: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (!hasExited) child.kill('SIGKILL');
      await exited;
    },
  };
  if (options.ready !== false) await waitForLine('serving').catch(async (error: unknown) => {
    await worker[Symbol.asyncDispose]();
    throw error;
  });
  return worker;
}
