import { randomUUID } from 'node:crypto';
import {
  createEndpoint, createMemoryTransportPair, isWireValue, PROTOCOL_VERSION,
  type Endpoint, type FunctionSpec, type IncomingInvoke, type InvokeAction, type LogEntry, type ReadyResult, type RegisterResult, type RegisterTriggersResult,
} from '@motia/protocol';
import type { AttachOptions, WorkerHandle, WorkerRegistry } from '../contract/workers.js';

/** What a function of a test worker learns about its call. */
export interface TestCall {
  readonly params: IncomingInvoke['params'];
  /** Aborts when the engine cancels the call or the connection ends. */
  readonly signal: AbortSignal;
}
export type TestFunction = (payload: unknown, call: TestCall) => unknown;

export interface TestWorkerOptions extends Partial<AttachOptions> {
  /** Id to handler, or to a handler with more of its spec. */
  readonly functions?: Readonly<Record<string, TestFunction | (Omit<FunctionSpec, 'id'> & { readonly handler: TestFunction })>>;
  readonly triggers?: readonly { readonly id?: string; readonly type: string; readonly functionId: string; readonly config?: Readonly<Record<string, unknown>>; readonly metadata?: Readonly<Record<string, unknown>> }[];
  /** Name sent in `initialize`. Default: the owner. */
  readonly name?: string;
  readonly token?: string;
  /** False stops before `ready`, for tests of workers that never get there. Default true. */
  readonly ready?: boolean;
}

/** A worker of the real protocol in this process: everything but the process boundary is as it is in production. */
export interface TestWorker extends AsyncDisposable {
  /** The engine's view of it. */
  readonly handle: WorkerHandle;
  /** Its own side of the wire. */
  readonly endpoint: Endpoint;
  /** Functions that were called, in order. */
  readonly calls: readonly { readonly functionId: string; readonly payload: unknown; readonly params: IncomingInvoke['params'] }[];
  readonly registered: { readonly functions: RegisterResult; readonly triggers: RegisterTriggersResult; readonly ready: ReadyResult | undefined };
  /** Set once the engine asked it to drain or to shut down. */
  readonly asked: { readonly drain: boolean; readonly shutdown: string | undefined };
  /** Calls a function of the engine. `parent` is the call in whose handler it is made. */
  invoke(functionId: string, payload?: unknown, options?: { readonly parent?: TestCall; readonly timeoutMs?: number; readonly action?: InvokeAction }): Promise<unknown>;
  log(entry: Omit<LogEntry, 'timestamp'> & { readonly timestamp?: number }): void;
  /** The connection breaks as when its process is killed. */
  kill(): void;
}

let connected = 0;

/**
 * Connects a fake SDK process over an in-memory transport and registers what it is told to.
 * @throws what the handshake failed with
 */
export async function connectTestWorker(host: { readonly workers: WorkerRegistry }, options: TestWorkerOptions = {}): Promise<TestWorker> {
  const { functions = {}, triggers = [], name, token, ready = true, ...attach } = options;
  const [engineSide, workerSide] = createMemoryTransportPair();
  connected += 1;
  const owner = attach.owner ?? `test:${connected}`;
  const handle = host.workers.attach(engineSide, { label: owner, ...attach, owner });
  // Tests that look at it await it themselves; nobody else should have to.
  handle.registered.catch(() => undefined);
  const endpoint = createEndpoint(workerSide, { role: 'worker' });
  const calls: TestWorker['calls'][number][] = [];
  const asked = { drain: false, shutdown: undefined as string | undefined };
  let running = 0;
  const begunAtMs = performance.now();

  endpoint.onInvoke(async (incoming) => {
    const { params } = incoming;
    const payload = isWireValue(incoming.payload) ? incoming.payload.toValue() : incoming.payload;
    calls.push({ functionId: params.functionId, payload, params });
    const known = functions[params.functionId];
    if (known === undefined) throw new Error(`the test worker has no function ${params.functionId}`);
    const controller = new AbortController();
    incoming.onCancel((reason) => controller.abort(new Error(reason)));
    running += 1;
    try {
      return await (typeof known === 'function' ? known : known.handler)(payload, { params, signal: controller.signal });
    } finally {
      running -= 1;
    }
  });
  endpoint.onRequest('ping', () => ({ uptimeMs: performance.now() - begunAtMs, inFlight: running }));
  endpoint.onRequest('drain', () => {
    asked.drain = true;
    return { inFlight: running };
  });
  endpoint.onRequest('triggers/changed', () => ({ rejected: [] }));
  endpoint.onNotification('shutdown', ({ reason }) => {
    asked.shutdown = reason;
    endpoint.close();
  });
  endpoint.listen();

  const agreed = await endpoint.request('initialize', {
    protocolVersion: PROTOCOL_VERSION,
    sdk: { name: 'test-worker', version: '0.0.0', language: 'node' },
    name: name ?? owner,
    capabilities: { rawBodies: true, channels: true },
    ...(token === undefined ? {} : { token }),
    ...(attach.pid === undefined ? {} : { pid: attach.pid }),
  });
  endpoint.setNegotiated({ rawBodies: agreed.capabilities.rawBodies === true, rawThresholdBytes: agreed.limits.rawThresholdBytes });
  const registeredFunctions = await endpoint.request('functions/register', { functions: Object.entries(functions).map(([id, known]) => specOf(id, known)) });
  const registeredTriggers = await endpoint.request('triggers/register', {
    triggers: triggers.map((trigger, index) => ({ id: `t${index}`, config: {}, ...trigger })),
  });
  // With manual activation `ready` is answered only once somebody activates the worker: the test does.
  const readiness = ready ? endpoint.request('ready', {}) : undefined;
  readiness?.catch(() => undefined);
  const registered: { functions: RegisterResult; triggers: RegisterTriggersResult; ready: ReadyResult | undefined } = { functions: registeredFunctions, triggers: registeredTriggers, ready: undefined };
  if (attach.activation === 'manual') void readiness?.then((result) => void (registered.ready = result)).catch(() => undefined);
  else registered.ready = await readiness;

  return {
    handle,
    endpoint,
    calls,
    registered,
    asked,
    invoke(functionId, payload, invokeOptions = {}) {
      const { parent, timeoutMs, action } = invokeOptions;
      return endpoint.invoke(
        {
          functionId,
          invocationId: randomUUID(),
          ...(parent === undefined ? {} : { parentInvocationId: parent.params.invocationId }),
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(action === undefined ? {} : { action }),
        },
        payload,
      ).result;
    },
    log: (entry) => endpoint.notify('logs/emit', { entries: [{ timestamp: Date.now(), ...entry }] }),
    kill: () => workerSide.destroy(new Error('the test worker was killed')),
    async [Symbol.asyncDispose]() {
      endpoint.close();
      workerSide.destroy();
      await handle.closed;
    },
  };
}

function specOf(id: string, known: NonNullable<TestWorkerOptions['functions']>[string]): FunctionSpec {
  if (typeof known === 'function') return { id };
  const { handler: _handler, ...spec } = known;
  return { id, ...spec };
}
