import {
  createEndpoint, createMemoryTransportPair, MotiaError, negotiate, type Endpoint, type FunctionSpec, type IncomingInvoke, type InitializeParams, type InvokeParams,
  type LogEntry, type RegistrationRejection, type TriggerSpec,
} from '@motia/protocol';
import { serve, type LoadedApp, type LoadedModule, type ServedApp, type ServeOptions } from '../../src/runtime/index.js';

type EngineFunction = (payload: never, params: Omit<InvokeParams, 'payload'>) => unknown;

export interface ScriptedEngineOptions {
  /** Functions that the engine has. */
  readonly functions?: Readonly<Record<string, EngineFunction>>;
  /** Trigger types that are bound; all others are parked. Default http. */
  readonly triggerTypes?: readonly string[];
  readonly rejectFunctions?: Readonly<Record<string, MotiaError>>;
  readonly rejectTriggers?: Readonly<Record<string, MotiaError>>;
  /** Told only by the answer to `ready`. */
  readonly rejectAtReady?: readonly RegistrationRejection[];
  readonly rawThresholdBytes?: number;
  readonly rawBodies?: boolean;
  /** Somebody keeps what `telemetry/emit` carries. Default false. */
  readonly telemetry?: boolean;
}

/** A span as OTLP/JSON has it, with the name of what made it. */
export interface OtlpSpan {
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly events?: readonly { readonly name: string }[];
  readonly links?: readonly { readonly spanId: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
  readonly droppedAttributesCount?: number;
}
interface OtlpTraces {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly scope: { readonly name: string }; readonly spans: readonly Omit<OtlpSpan, 'scope'>[] }[] }[];
}

/** The engine's end of a connection, following a script: for what the real engine cannot be made to do, and to see the wire. */
export class ScriptedEngine implements AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly transport;
  readonly functions = new Map<string, FunctionSpec>();
  readonly triggers = new Map<string, TriggerSpec>();
  readonly types: string[] = [];
  readonly logs: LogEntry[] = [];
  /** What came by `telemetry/emit`, oldest first. */
  readonly telemetry: { readonly signal: string; readonly otlp: unknown }[] = [];
  readonly calls: { readonly functionId: string; readonly payload: unknown; readonly params: Omit<InvokeParams, 'payload'> }[] = [];
  initialized: InitializeParams | undefined;
  served: ServedApp | undefined;
  dropped = 0;
  #waiting: (() => void)[] = [];
  #ids = 0;

  constructor(options: ScriptedEngineOptions = {}) {
    const [engineSide, workerSide] = createMemoryTransportPair();
    this.transport = workerSide;
    this.endpoint = createEndpoint(engineSide, { role: 'engine' });
    const types = new Set(options.triggerTypes ?? ['http']);
    this.endpoint.onRequest('initialize', (params) => {
      this.initialized = params;
      const agreement = negotiate(params, { capabilities: { rawBodies: options.rawBodies ?? true, channels: true, telemetry: options.telemetry ?? false } });
      const rawThresholdBytes = options.rawThresholdBytes ?? 4096;
      queueMicrotask(() => this.endpoint.setNegotiated({ rawBodies: agreement.capabilities.rawBodies, rawThresholdBytes }));
      return {
        ...agreement,
        workerId: 'worker-1',
        engine: { name: 'scripted', version: '0' },
        limits: { maxFrameBytes: 1e7, maxFunctions: 1e4, maxTriggers: 1e4, maxDescriptionBytes: 1e4, rawThresholdBytes, channelCreditBytes: 65_536, maxCallDepth: 64, heartbeatIntervalMs: 5000 },
      };
    });
    this.endpoint.onRequest('functions/register', ({ functions }) => {
      const rejected: RegistrationRejection[] = [];
      for (const spec of functions) {
        const error = options.rejectFunctions?.[spec.id];
        if (error === undefined) this.functions.set(spec.id, spec);
        else rejected.push({ id: spec.id, error: error.toWire() });
      }
      for (const wake of this.#waiting.splice(0)) wake();
      return { accepted: [...this.functions.keys()], rejected };
    });
    this.endpoint.onRequest('triggerTypes/register', ({ types: offered }) => {
      this.types.push(...offered.map(({ id }) => id));
      return { accepted: offered.map(({ id }) => id), rejected: [] };
    });
    const unregister = (known: Map<string, unknown>) => ({ ids }: { readonly ids: readonly string[] }) => {
      for (const id of ids) known.delete(id);
      for (const wake of this.#waiting.splice(0)) wake();
      return { accepted: ids, rejected: [] };
    };
    this.endpoint.onRequest('functions/unregister', unregister(this.functions));
    this.endpoint.onRequest('triggers/unregister', unregister(this.triggers));
    this.endpoint.onRequest('triggers/register', ({ triggers }) => {
      const rejected: RegistrationRejection[] = [];
      for (const spec of triggers) {
        const error = options.rejectTriggers?.[spec.id];
        if (error === undefined) this.triggers.set(spec.id, spec);
        else rejected.push({ id: spec.id, error: error.toWire() });
      }
      for (const wake of this.#waiting.splice(0)) wake();
      const known = [...this.triggers.values()];
      return { accepted: known.map(({ id }) => id), parked: known.filter(({ type }) => !types.has(type)).map(({ id }) => id), rejected };
    });
    this.endpoint.onRequest('ready', () => ({ accepted: [], parked: [], rejected: options.rejectAtReady ?? [] }));
    this.endpoint.onNotification('logs/emit', ({ entries, dropped }) => {
      this.logs.push(...entries);
      this.dropped += dropped ?? 0;
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.endpoint.onNotification('telemetry/emit', (params) => {
      this.telemetry.push(params);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.endpoint.onInvoke((call: IncomingInvoke) => {
      const { functionId } = call.params;
      this.calls.push({ functionId, payload: call.payload, params: call.params });
      const fn = options.functions?.[functionId];
      if (fn === undefined) {
        throw new MotiaError({ code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND', message: `no function ${functionId}`, status: 404, details: { functionId } });
      }
      return fn(call.payload as never, call.params);
    });
    this.endpoint.listen();
  }

  /** Serves Steps at the other end. */
  async serve(app: LoadedApp, options: Partial<ServeOptions> = {}): Promise<ServedApp> {
    this.served = await serve(app, { transport: this.transport, isProcessConnection: false, ...options });
    return this.served;
  }

  params(functionId: string, more: Partial<InvokeParams> = {}): Omit<InvokeParams, 'payload'> {
    this.#ids += 1;
    return { functionId, invocationId: `i${this.#ids}`, trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, ...more };
  }

  invoke(functionId: string, payload?: unknown, more?: Partial<InvokeParams>): Promise<unknown> {
    return this.endpoint.invoke(this.params(functionId, more), payload).result;
  }

  /** Calls the one HTTP function of the app. */
  http(payload: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const trigger = [...this.triggers.values()].find(({ type }) => type === 'http');
    if (trigger === undefined) throw new Error('no http trigger is registered');
    return this.invoke(trigger.functionId, { path_params: {}, query_params: {}, headers: {}, path: '/', method: 'GET', trigger: { type: 'http' }, ...payload });
  }

  async log(matches: (entry: LogEntry) => boolean): Promise<LogEntry> {
    for (;;) {
      const found = this.logs.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when something was registered, unregistered, logged or emitted so that it holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The spans that have come, once `count` of them are there. */
  async spans(count: number): Promise<readonly OtlpSpan[]> {
    for (;;) {
      const spans = this.telemetry.filter(({ signal }) => signal === 'traces').flatMap(({ otlp }) => (otlp as OtlpTraces).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ scope, spans: list }) => list.map((span) => ({ ...span, scope: scope.name })))));
      if (spans.length >= count) return spans;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.served?.close();
    this.endpoint.close();
  }
}

/** An engine that already serves these Step modules in development mode. */
export async function serving(modules: readonly unknown[], options: ScriptedEngineOptions = {}, more: Partial<LoadedApp> = {}): Promise<ScriptedEngine> {
  const engine = new ScriptedEngine(options);
  const steps: LoadedModule[] = modules.map((module, index) => ({ filePath: `steps/step-${index}.step.ts`, module }));
  await engine.serve({ steps, mode: 'development', ...more });
  return engine;
}
