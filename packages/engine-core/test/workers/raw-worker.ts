import { createMemoryTransportPair, PROTOCOL_VERSION } from '@motia/protocol';
import type { AttachOptions, WorkerHandle } from '../../src/contract/workers.js';
import type { Kernel } from '../../src/kernel.js';

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Record<string, never>;
  readonly result?: unknown;
  readonly error?: { readonly data?: { readonly code: string } };
}

/** A worker that writes its frames by hand, so that it can lie. */
export interface RawWorker {
  readonly handle: WorkerHandle;
  send(message: object): void;
  /** The next message, past or future, that the test accepts. */
  next(accepts: (message: Message) => boolean): Promise<Message>;
  /** The next `functions/invoke` of a function. */
  nextCall(functionId: string): Promise<{ readonly id: string; readonly params: Record<string, never> }>;
  request(method: string, params: unknown): Promise<Message>;
  /** Reads nothing until it is told to. */
  pause(): void;
  end(): void;
}

/** Connects, registers the functions and becomes ready. */
export async function connectRawWorker(kernel: Kernel, functionIds: readonly string[], options: Partial<AttachOptions> = {}): Promise<RawWorker> {
  const [engineSide, workerSide] = createMemoryTransportPair();
  const handle = kernel.workers.attach(engineSide, { owner: 'raw', label: 'raw', heartbeatIntervalMs: 0, ...options });
  const messages: Message[] = [];
  let waiting: { accepts: (message: Message) => boolean; resolve: (message: Message) => void }[] = [];
  let buffered = '';
  workerSide.onData((chunk) => {
    buffered += Buffer.from(chunk).toString('latin1');
    for (;;) {
      const match = /^Content-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(buffered);
      if (match === null) return;
      const length = Number(match[1]);
      const rest = buffered.slice(match[0].length);
      if (rest.length < length) return;
      buffered = rest.slice(length);
      const message = JSON.parse(Buffer.from(rest.slice(0, length), 'latin1').toString('utf8')) as Message;
      const listener = waiting.find(({ accepts }) => accepts(message));
      if (listener === undefined) messages.push(message);
      else {
        waiting = waiting.filter((other) => other !== listener);
        listener.resolve(message);
      }
    }
  });
  workerSide.onEnd(() => undefined);
  let nextId = 1;
  const send = (message: object): void => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    workerSide.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  const next: RawWorker['next'] = (accepts) => {
    const index = messages.findIndex(accepts);
    if (index >= 0) return Promise.resolve(messages.splice(index, 1)[0]!);
    return new Promise((resolve) => waiting.push({ accepts, resolve }));
  };
  const request: RawWorker['request'] = (method, params) => {
    const id = nextId++;
    send({ id, method, params });
    return next((message) => message.id === id && message.method === undefined);
  };
  await request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk: { name: 'raw', version: '1', language: 'none' } });
  await request('functions/register', { functions: functionIds.map((id) => ({ id })) });
  await request('ready', {});
  return {
    handle,
    pause: () => workerSide.pause?.(),
    send,
    next,
    request,
    nextCall: (functionId) => next(({ method, params }) => method === 'functions/invoke' && params?.['functionId'] === functionId) as never,
    end: () => workerSide.destroy(),
  };
}
