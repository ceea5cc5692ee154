import { connect } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import { ConsoleServiceRef, type ModuleUse } from '@motia/engine-core/contract';
import { startTestHost, type ManualClock, type TestHost } from '@motia/engine-core/testing';
import { consoleModule, type ConsoleInput } from '../src/index.js';

export const token = 'a-token-of-the-console-tests';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { readonly error?: { readonly code: string; readonly message: string; readonly details?: unknown } };
}
export interface RunningConsole extends AsyncDisposable {
  readonly host: TestHost;
  readonly port: number;
  readonly origin: string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** A request with exactly these header lines; answers status line and the rest as text. */
  raw(head: string): Promise<string>;
  live(headers?: Readonly<Record<string, string>>, options?: ClientOptions): WebSocket;
}

export async function startConsole(options: ConsoleInput = {}, modules: readonly ModuleUse[] = [], clock?: ManualClock): Promise<RunningConsole> {
  const host = await startTestHost([...modules, consoleModule({ port: 0, token, refresh_interval_ms: 100, ...options })], clock === undefined ? {} : { clock });
  const port = host.service(ConsoleServiceRef).address()?.port ?? 0;
  const origin = `http://127.0.0.1:${port}`;
  const signed = { authorization: `Bearer ${token}` };
  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`${origin}${path}`, init);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
  };
  return {
    host,
    port,
    origin,
    get: (path, headers = signed) => ask(path, { headers }),
    post: (path, body, headers = { ...signed, 'x-console': '1' }) =>
      ask(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    raw: (head) =>
      new Promise((resolve, reject) => {
        let text = '';
        const socket = connect(port, '127.0.0.1', () => socket.end(head));
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('error', reject);
        socket.on('close', () => resolve(text));
      }),
    live: (headers = signed, more = {}) => new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`, { headers, ...more }),
    [Symbol.asyncDispose]: () => host.stop({ drainTimeoutMs: 500 }),
  };
}
