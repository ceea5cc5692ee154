import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../dist/bin/iii.js', import.meta.url));

/** One line of the engine's JSON log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly source?: string;
  readonly traceId?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

export interface RunningEngine extends AsyncDisposable {
  readonly pid: number;
  readonly cwd: string;
  readonly config: string;
  /** Base URL of the REST port. */
  readonly url: string;
  readonly logs: readonly LogLine[];
  /** The first line, past or to come, that the predicate accepts. */
  waitForLog(what: string, predicate: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  signal(signal: NodeJS.Signals): void;
  /** Exit code or signal, once it has ended. */
  readonly exited: Promise<number | NodeJS.Signals>;
  stop(): Promise<number | NodeJS.Signals>;
}

export interface EngineArguments {
  readonly cwd: string;
  /** Default `config.yaml`; `'default'` runs the default modules without a file. */
  readonly config?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What runs it in between, as npm does: gets the command as its last arguments, and the signals. */
  readonly under?: readonly string[];
  /** `false` does not wait for `iii is ready`. */
  readonly waitReady?: boolean;
}

/** Runs the built `iii` as a user would, with JSON logs and a port of the system's choice where the config reads PORT. */
export async function startIii(options: EngineArguments): Promise<RunningEngine> {
  const command = [process.execPath, bin, ...(options.config === 'default' ? ['--use-default-config'] : ['-c', options.config ?? 'config.yaml']), '--log-format', 'json', '--log-level', 'debug', ...(options.args ?? [])];
  const [program = '', ...args] = [...(options.under ?? []), ...command];
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, NODE_OPTIONS: '', PORT: '0', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logs: LogLine[] = [];
  const stderr: string[] = [];
  const watchers = new Set<() => void>();
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    logs.push(parseLine(line));
    for (const watcher of watchers) watcher();
  });
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => void stderr.push(line));
  const exited = exitOf(child);
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
    for (const watcher of watchers) watcher();
  });

  const waitForLog = (what: string, predicate: (line: LogLine) => boolean, timeoutMs = 20_000): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      let looked = 0;
      const look = (): void => {
        for (; looked < logs.length; looked += 1) {
          const line = logs[looked] as LogLine;
          if (predicate(line)) return settle(() => resolve(line));
        }
        if (hasExited) settle(() => reject(new Error(`iii ended before: ${what}\n${tail(logs, stderr)}`)));
      };
      const timer = setTimeout(() => settle(() => reject(new Error(`not within ${timeoutMs} ms: ${what}\n${tail(logs, stderr)}`))), timeoutMs);
      const settle = (action: () => void): void => {
        clearTimeout(timer);
        watchers.delete(look);
        action();
      };
      watchers.add(look);
      look();
    });

  const engine = {
    pid: child.pid as number,
    cwd: options.cwd,
    config: options.config ?? 'config.yaml',
    url: '',
    logs,
    waitForLog,
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    exited,
    async stop() {
      if (!hasExited) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
    async [Symbol.asyncDispose]() {
      await engine.stop();
    },
  };
  if (options.waitReady !== false) {
    try {
      const ready = await waitForLog('the engine to be ready', (line) => line.message === 'iii is ready', 40_000);
      engine.url = ((ready.fields?.['listeners'] as { url: string }[])[0] as { url: string }).url;
    } catch (error) {
      await engine.stop();
      throw error;
    }
  }
  return engine;
}

export interface Finished {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one `iii` command to its end. */
export function runIii(args: readonly string[], options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly stdin?: string }): Promise<Finished> {
  const child = spawn(process.execPath, [bin, ...args], { cwd: options.cwd, env: { ...process.env, NODE_OPTIONS: '', ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 'SIGKILL', stdout, stderr })));
}

function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL')));
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { level: 'unparsed', message: line };
  }
}

function tail(logs: readonly LogLine[], stderr: readonly string[]): string {
  return [...logs.slice(-25).map((line) => JSON.stringify(line)), ...stderr.slice(-25)].join('\n');
}
