import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEndpoint, negotiate, nodeStreamTransport, type Endpoint, type FunctionSpec, type InvokeParams, type LogEntry, type TelemetryEmitParams } from '@motia/protocol';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';

const fixture = fileURLToPath(new URL('../fixtures/app', import.meta.url));
const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of the fixture app with the built `motia` installed in it. */
export function installedApp(): TemporaryFolder {
  const folder = temporaryFolder('app');
  cpSync(fixture, folder.path, { recursive: true });
  mkdirSync(folder.file('node_modules/.bin'), { recursive: true });
  symlinkSync(packageRoot, folder.file('node_modules/motia'));
  const { bin } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { readonly bin: { readonly motia: string } };
  symlinkSync(join('..', 'motia', bin.motia), folder.file('node_modules/.bin/motia'));
  return folder;
}

/** Start time of a process as children compare it: field 22 of its stat. */
export function startTime(pid: number): string {
  return stat(pid)?.[19] ?? '';
}

/** Whether a process is there and not merely waiting to be reaped. */
export function isRunning(pid: number): boolean {
  const state = stat(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** User time that a process has spent, in clock ticks. */
export function userTicks(pid: number): number {
  return Number(stat(pid)?.[11] ?? 0);
}

function stat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Resolves once the condition holds; looks every 10 ms. */
export async function until(condition: () => boolean, what: string, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface ScriptedEngine extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly endpoint: Endpoint;
  readonly functions: readonly FunctionSpec[];
  readonly logs: readonly LogEntry[];
  /** What came by `telemetry/emit`. */
  readonly telemetry: readonly TelemetryEmitParams[];
  /** Lines on the child's stdout outside any frame. */
  readonly text: readonly string[];
  readonly stderr: string;
  readonly faults: number;
  /** Resolves when the child said that it is ready; rejects when it ended before. */
  readonly ready: Promise<void>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  call(step: string, body?: unknown, more?: Partial<InvokeParams>): Promise<unknown>;
}

export interface ScriptedEngineOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** The engine's side of a conversation with what a shell command starts, as ExecModule would start it. */
export function runCommand(command: string, { cwd, env = {} }: ScriptedEngineOptions): ScriptedEngine {
  const child = spawn('sh', ['-c', command], {
    cwd,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_ENV: undefined,
      PATH: `${join(cwd, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
      III_ENGINE_PID: String(process.pid),
      III_ENGINE_START: startTime(process.pid),
      III_EXEC_GROUP: '1',
      MOTIA_EXEC_LAST: '1',
      ...env,
    },
  });
  const seen = { functions: [] as FunctionSpec[], logs: [] as LogEntry[], telemetry: [] as TelemetryEmitParams[], text: [] as string[], stderr: '', faults: 0 };
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (seen.stderr += chunk));
  const exited = once(child, 'exit').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null }));
  const endpoint = createEndpoint(nodeStreamTransport(child.stdout, child.stdin), {
    role: 'engine',
    events: { onText: (line) => seen.text.push(line), onFault: () => (seen.faults += 1) },
  });
  const ready = answerHandshake(endpoint, seen);
  endpoint.listen();
  let calls = 0;
  return {
    child,
    endpoint,
    get functions() { return seen.functions; },
    get logs() { return seen.logs; },
    get telemetry() { return seen.telemetry; },
    get text() { return seen.text; },
    get stderr() { return seen.stderr; },
    get faults() { return seen.faults; },
    ready: Promise.race([ready, exited.then(({ code, signal }) => Promise.reject(new Error(`ended with ${String(code ?? signal)} before it was ready: ${seen.stderr}`)))]),
    exited,
    async call(step, body = {}, more = {}) {
      const functionId = seen.functions.find(({ id }) => id.startsWith(`steps::${step}::`))?.id ?? step;
      calls += 1;
      const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
      return endpoint.invoke({ functionId, invocationId: `${step}-${calls}`, timeoutMs: 10_000, trace, ...more }, { path: `/${step}`, method: 'POST', headers: {}, query_params: {}, path_params: {}, body, trigger: { type: 'http' } }).result;
    },
    async [Symbol.asyncDispose]() {
      endpoint.close();
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // The group ended by itself in between.
        }
        await exited;
      }
    },
  };
}

function answerHandshake(endpoint: Endpoint, seen: { functions: FunctionSpec[]; logs: LogEntry[]; telemetry: TelemetryEmitParams[] }): Promise<void> {
  endpoint.onRequest('initialize', (params) => ({
    ...negotiate(params, { capabilities: { rawBodies: false, channels: false, telemetry: true } }),
    workerId: 'w-1',
    engine: { name: 'scripted', version: '0.0.0' },
    limits: { maxFrameBytes: 16 << 20, maxFunctions: 1_000, maxTriggers: 1_000, maxDescriptionBytes: 65_536, rawThresholdBytes: 4_096, channelCreditBytes: 65_536, maxCallDepth: 64, heartbeatIntervalMs: 5_000 },
  }));
  endpoint.onRequest('functions/register', ({ functions }) => {
    seen.functions.push(...functions);
    return { accepted: functions.map(({ id }) => id), rejected: [] };
  });
  endpoint.onRequest('triggers/register', ({ triggers }) => ({ accepted: triggers.map(({ id }) => id), parked: [], rejected: [] }));
  endpoint.onNotification('logs/emit', ({ entries }) => void seen.logs.push(...entries));
  endpoint.onNotification('telemetry/emit', (params) => void seen.telemetry.push(params));
  return new Promise((resolve) => {
    endpoint.onRequest('ready', () => {
      resolve();
      return { accepted: [], parked: [], rejected: [] };
    });
  });
}
