import {
  isMotiaError, negotiate, ProtocolErrors,
  type Capabilities, type DrainParams, type DrainResult, type IncomingInvoke, type InitializeParams, type InitializeResult, type InvokeAction, type Limits, type LogsEmitParams,
  type RegisterFunctionsParams, type RegisterResult, type RegisterTriggersParams, type RegisterTriggersResult, type RegisterTriggerTypesParams,
  type RegistrationRejection, type RequestMethod,
} from '@motia/protocol';
import type { Clock } from '../contract/clock.js';
import type { InvokeOptions } from '../contract/functions.js';
import type { LogSink } from '../contract/logger.js';
import type { OptionsSchema } from '../contract/options.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import type { CallerClaims } from '../functions/call.js';
import type { Invoker } from '../functions/invoker.js';
import type { FunctionTable } from '../functions/function-table.js';
import type { OtlpSink } from '../telemetry/engine-telemetry.js';
import type { TypeOffer } from '../triggers/trigger-lane.js';
import type { TriggerTable } from '../triggers/trigger-table.js';
import { forwardedTriggerType } from './forwarded-trigger-type.js';
import { defaultHeartbeatIntervalMs, longestLeaveMs, type WorkerConnection } from './worker-connection.js';
import { recordLogs } from './worker-logs.js';
import { rejectionOf, type HeldTrigger } from './worker-registrations.js';

/** What the requests of a worker act on. */
export interface RequestParts {
  readonly clock: Clock;
  readonly logs: LogSink;
  readonly telemetry: OtlpSink;
  readonly engine: { readonly name: string; readonly version: string };
  readonly limits: Limits;
  readonly capabilities: Capabilities;
  readonly maxOpenCalls: number;
  readonly invoker: Invoker;
  readonly functions: FunctionTable;
  readonly triggers: TriggerTable;
  readonly compileSchema: (schema: Readonly<Record<string, unknown>>) => OptionsSchema<unknown>;
  /** Takes the worker into the list of those that are known. */
  onInitialized(connection: WorkerConnection): void;
  /** Registers what arrives after the worker went live. */
  goLive(connection: WorkerConnection, change: LiveChange): Promise<readonly RegistrationRejection[]>;
  /** The worker has registered everything. Resolves when it is live. */
  onReady(connection: WorkerConnection): Promise<readonly RegistrationRejection[]>;
}

/** Registrations of a worker that is live already. */
export interface LiveChange {
  readonly functionIds?: readonly string[];
  readonly goneFunctionIds?: readonly string[];
  readonly triggers?: readonly HeldTrigger[];
  readonly goneTriggers?: readonly HeldTrigger[];
  readonly offers?: readonly TypeOffer[];
  readonly goneOffers?: readonly TypeOffer[];
}

/** Answers what a worker asks. Set up before the endpoint listens. */
export class WorkerRequests {
  readonly #worker: WorkerConnection;
  readonly #parts: RequestParts;

  constructor(worker: WorkerConnection, parts: RequestParts) {
    this.#worker = worker;
    this.#parts = parts;
    const { endpoint } = worker;
    endpoint.onRequest('initialize', (params) => this.#initialize(params));
    endpoint.onRequest('functions/register', (params) => this.#registerFunctions(params));
    endpoint.onRequest('functions/unregister', ({ ids }) => this.#unregisterFunctions(ids));
    endpoint.onRequest('triggers/register', (params) => this.#registerTriggers(params));
    endpoint.onRequest('triggers/unregister', ({ ids }) => this.#unregisterTriggers(ids));
    endpoint.onRequest('triggerTypes/register', (params) => this.#registerTypes(params));
    endpoint.onRequest('triggerTypes/unregister', ({ ids }) => this.#unregisterTypes(ids));
    endpoint.onRequest('ready', () => this.#ready());
    endpoint.onRequest('drain', (params) => this.#leave(params));
    endpoint.onRequest('ping', () => ({ uptimeMs: Math.round(parts.clock.monotonicMs()), inFlight: worker.openCalls }));
    endpoint.onInvoke((incoming) => this.#invoke(incoming));
    endpoint.onNotification('logs/emit', (params) => this.#emitLogs(params));
    endpoint.onNotification('telemetry/emit', ({ signal, otlp }) => {
      if (worker.endpointIsOpen) parts.telemetry.otlp(worker.id, signal, otlp);
    });
  }

  #initialize(params: InitializeParams): InitializeResult {
    const worker = this.#worker;
    if (worker.state !== 'connecting') throw invocationErrors.WORKER_CLOSED({ worker: worker.label, state: `${worker.state}, and was initialized before` });
    try {
      const agreed = negotiate(params, { capabilities: { ...this.#parts.capabilities, telemetry: this.#parts.telemetry.takesOtlp } });
      if (!isSdk(params.sdk)) throw ProtocolErrors.PARAMS_INVALID({ method: 'initialize', reason: 'sdk is not { name, version, language }' });
      this.#authorize(params);
      const { engine } = this.#parts;
      const limits = { ...this.#parts.limits, heartbeatIntervalMs: worker.options.heartbeatIntervalMs ?? defaultHeartbeatIntervalMs };
      worker.endpoint.setNegotiated({ rawBodies: agreed.capabilities.rawBodies, rawThresholdBytes: limits.rawThresholdBytes });
      worker.onInitialized(params);
      this.#parts.onInitialized(worker);
      return { protocolVersion: agreed.protocolVersion, workerId: worker.id, engine, limits, capabilities: agreed.capabilities };
    } catch (error) {
      worker.close('faulty', isMotiaError(error) ? error : invocationErrors.WORKER_UNAUTHORIZED({ worker: worker.label }, error));
      throw error;
    }
  }

  #authorize({ token, name }: InitializeParams): void {
    const { authorize } = this.#worker.options;
    if (authorize === undefined) return;
    const isAllowed = authorize({ ...(token === undefined ? {} : { token }), ...(name === undefined ? {} : { name }) });
    if (!isAllowed) throw invocationErrors.WORKER_UNAUTHORIZED({ worker: this.#worker.label });
  }

  async #registerFunctions({ functions }: RegisterFunctionsParams): Promise<RegisterResult> {
    const worker = this.#admit('functions/register', functions);
    const accepted: string[] = [];
    const rejected: RegistrationRejection[] = [];
    for (const spec of functions) {
      const problem = worker.registrations.checkFunction(spec, this.#parts.functions);
      if (problem !== undefined) {
        rejected.push(rejectionOf(spec?.id, problem));
        continue;
      }
      worker.registrations.functions.set(spec.id, spec);
      accepted.push(spec.id);
    }
    if (worker.state === 'ready') await this.#parts.goLive(worker, { functionIds: accepted });
    return { accepted, rejected };
  }

  async #unregisterFunctions(ids: readonly string[]): Promise<RegisterResult> {
    const worker = this.#admit('functions/unregister', ids);
    const { functions } = worker.registrations;
    const [accepted, rejected] = split(ids, (id) => functions.has(id), (functionId) => invocationErrors.FUNCTION_NOT_OWNED({ functionId }));
    for (const id of accepted) functions.delete(id);
    if (worker.state === 'ready') await this.#parts.goLive(worker, { goneFunctionIds: accepted });
    return { accepted, rejected };
  }

  async #registerTriggers({ triggers }: RegisterTriggersParams): Promise<RegisterTriggersResult> {
    const worker = this.#admit('triggers/register', triggers);
    const taken = new Map<string, HeldTrigger>();
    const refused: RegistrationRejection[] = [];
    for (const spec of triggers) {
      const held = worker.registrations.admitTrigger(spec, this.#parts.triggers);
      if (isMotiaError(held)) {
        refused.push(rejectionOf(spec?.id, held));
        continue;
      }
      worker.registrations.triggers.set(spec.id, held);
      taken.set(spec.id, held);
    }
    if (worker.state === 'ready') {
      await this.#parts.goLive(worker, { triggers: [...taken.values()] });
      return this.#outcomes(taken, refused);
    }
    const accepted: string[] = [];
    const parked: string[] = [];
    for (const [id, { identity }] of taken) (this.#parts.triggers.offerOf(identity.type) === undefined ? parked : accepted).push(id);
    return { accepted, parked, rejected: refused };
  }

  async #unregisterTriggers(ids: readonly string[]): Promise<RegisterResult> {
    const worker = this.#admit('triggers/unregister', ids);
    const { triggers } = worker.registrations;
    const [accepted, rejected] = split(ids, (id) => triggers.has(id), (triggerId) => invocationErrors.TRIGGER_NOT_FOUND({ triggerId }));
    const goneTriggers = entriesOf(triggers, accepted);
    for (const id of accepted) triggers.delete(id);
    if (worker.state === 'ready') await this.#parts.goLive(worker, { goneTriggers });
    return { accepted, rejected };
  }

  async #registerTypes({ types }: RegisterTriggerTypesParams): Promise<RegisterResult> {
    const worker = this.#admit('triggerTypes/register', types);
    const { clock, compileSchema: compile, triggers } = this.#parts;
    const offers: TypeOffer[] = [];
    const rejected: RegistrationRejection[] = [];
    for (const spec of types) {
      const problem = worker.registrations.checkType(spec, triggers);
      if (problem !== undefined) {
        rejected.push(rejectionOf(spec?.id, problem));
        continue;
      }
      try {
        const offer = worker.offerOf(forwardedTriggerType({ spec, endpoint: worker.endpoint, clock, compile }));
        worker.registrations.types.set(spec.id, offer);
        offers.push(offer);
      } catch (error) {
        rejected.push(rejectionOf(spec.id, invocationErrors.INVALID_REGISTRATION({ name: spec.id, problem: `its configSchema does not compile (${(error as Error).message})` }, error)));
      }
    }
    if (worker.state === 'ready') rejected.push(...(await this.#parts.goLive(worker, { offers })));
    const refused = new Set(rejected.map(({ id }) => id));
    return { accepted: offers.map(({ definition }) => definition.type).filter((type) => !refused.has(type)), rejected };
  }

  async #unregisterTypes(ids: readonly string[]): Promise<RegisterResult> {
    const worker = this.#admit('triggerTypes/unregister', ids);
    const { types } = worker.registrations;
    const [accepted, rejected] = split(ids, (id) => types.has(id), (type) => invocationErrors.TRIGGER_TYPE_NOT_FOUND({ type }));
    const goneOffers = entriesOf(types, accepted);
    for (const id of accepted) types.delete(id);
    if (worker.state === 'ready') await this.#parts.goLive(worker, { goneOffers });
    return { accepted, rejected };
  }

  async #ready(): Promise<RegisterTriggersResult> {
    const worker = this.#worker;
    worker.assertMayRegister('ready');
    if (worker.state !== 'registering') throw invocationErrors.WORKER_CLOSED({ worker: worker.label, state: `${worker.state} already` });
    const refused = await this.#parts.onReady(worker);
    return this.#outcomes(worker.registrations.triggers, refused);
  }

  async #leave({ deadlineMs }: DrainParams): Promise<DrainResult> {
    const worker = this.#worker;
    worker.assertNotCallerOnly('drain');
    if (typeof deadlineMs !== 'number' || !(deadlineMs >= 0)) throw ProtocolErrors.PARAMS_INVALID({ method: 'drain', reason: 'deadlineMs is not a number of milliseconds' });
    return { inFlight: await worker.leave(Math.min(deadlineMs, longestLeaveMs)) };
  }

  /** What became of triggers, as far as their types are concerned. */
  #outcomes(triggers: ReadonlyMap<string, HeldTrigger>, refused: readonly RegistrationRejection[]): RegisterTriggersResult {
    const accepted: string[] = [];
    const parked: string[] = [];
    const rejected = [...refused];
    for (const [id, { identity }] of triggers) {
      const outcome = this.#parts.triggers.outcome(identity);
      if (outcome?.status === 'rejected' && outcome.error !== undefined) rejected.push(rejectionOf(id, outcome.error));
      else if (outcome?.status === 'parked') parked.push(id);
      else accepted.push(id);
    }
    return { accepted, parked, rejected };
  }

  /** A call that the worker makes. Deadline, depth and trace come from the call that it runs, if it says which one that is. */
  #invoke(incoming: IncomingInvoke): unknown {
    const { params, payload, expectsReply } = incoming;
    const worker = this.#worker;
    worker.assertInitialized('functions/invoke');
    if (worker.openCalls >= this.#parts.maxOpenCalls) throw invocationErrors.WORKER_BACKPRESSURE({ functionId: params.functionId, worker: worker.label });
    const { timeoutMs, attempt, idempotencyKey, depth, trace, parentInvocationId } = params;
    const parent = typeof parentInvocationId === 'string' ? worker.calls.find(parentInvocationId) : undefined;
    const options: Writable<InvokeOptions> = { wireResult: true };
    if (parent !== undefined) options.parent = parent;
    if (typeof timeoutMs === 'number') options.timeoutMs = timeoutMs;
    if (typeof attempt === 'number') options.attempt = attempt;
    if (typeof idempotencyKey === 'string') options.idempotencyKey = idempotencyKey;
    const action = expectsReply ? params.action : voidAction;
    if (action !== undefined) options.action = checkedAction(params.functionId, action);
    const claims: Writable<CallerClaims> = {};
    if (typeof depth === 'number') claims.depth = depth;
    if (typeof trace === 'object' && trace !== null) claims.trace = trace;
    const invocation = this.#parts.invoker.open(params.functionId, payload, options, { caller: worker, claims });
    if (!expectsReply) return undefined;
    incoming.onCancel((reason) => invocation.cancel(reason));
    return invocation.result;
  }

  #emitLogs(params: LogsEmitParams): void {
    const { id: workerId, label: source, calls, endpointIsOpen } = this.#worker;
    if (endpointIsOpen) recordLogs({ clock: this.#parts.clock, logs: this.#parts.logs, calls, source, workerId }, params);
  }

  #admit(method: RequestMethod, entries: unknown): WorkerConnection {
    this.#worker.assertMayRegister(method);
    if (!Array.isArray(entries)) throw ProtocolErrors.PARAMS_INVALID({ method, reason: 'the list of registrations is missing' });
    return this.#worker;
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
const voidAction: InvokeAction = { type: 'void' };

function checkedAction(functionId: string, action: InvokeAction): InvokeAction {
  const { type } = action;
  if (type === 'call' || type === 'void') return action;
  if (type === 'enqueue' && typeof action.queue === 'string' && action.queue !== '') return action;
  throw invocationErrors.INVALID_PAYLOAD({ functionId, problem: `"${String(type)}" is not an action, or it names no queue` });
}

function split(ids: readonly string[], isOwn: (id: string) => boolean, refusal: (id: string) => Error): [string[], RegistrationRejection[]] {
  const own = [...new Set(ids)].filter((id) => isOwn(id));
  const others = ids.filter((id) => !isOwn(id));
  return [own, others.map((id) => rejectionOf(id, refusal(String(id)) as never))];
}

function entriesOf<V>(map: ReadonlyMap<string, V>, ids: readonly string[]): readonly V[] {
  return ids.map((id) => map.get(id)).filter((value) => value !== undefined);
}

function isSdk(sdk: unknown): boolean {
  if (typeof sdk !== 'object' || sdk === null) return false;
  const { name, version, language } = sdk as Record<string, unknown>;
  return typeof name === 'string' && typeof version === 'string' && typeof language === 'string';
}
