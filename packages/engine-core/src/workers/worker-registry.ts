import { messageOf, type Capabilities, type EndpointLimits, type Limits, type MotiaError, type RegistrationRejection, type Transport } from '@motia/protocol';
import type { Clock } from '../contract/clock.js';
import type { Registration } from '../contract/functions.js';
import type { Logger, LogSink } from '../contract/logger.js';
import type { OptionsSchema } from '../contract/options.js';
import type { AttachOptions, WorkerClosure, WorkerHandle, WorkerInfo, WorkerRegistry, WorkerState } from '../contract/workers.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import type { Call } from '../functions/call.js';
import type { FunctionTable } from '../functions/function-table.js';
import type { Invoker } from '../functions/invoker.js';
import { Listeners } from '../functions/listeners.js';
import type { OtlpSink } from '../telemetry/engine-telemetry.js';
import { randomHex } from '../telemetry/trace-context.js';
import type { TriggerTable } from '../triggers/trigger-table.js';
import { WorkerConnection, type ConnectionHost } from './worker-connection.js';
import type { RegistrationLimits } from './worker-registrations.js';
import { WorkerRequests, type LiveChange, type RequestParts } from './worker-requests.js';
import { WorkerSwap } from './worker-swap.js';

export interface WorkerRegistryParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logs: LogSink;
  readonly telemetry: OtlpSink;
  readonly engine: { readonly name: string; readonly version: string };
  readonly invoker: Invoker;
  readonly functions: FunctionTable;
  readonly triggers: TriggerTable;
  readonly compileSchema: (schema: Readonly<Record<string, unknown>>) => OptionsSchema<unknown>;
  /** Told to each worker at `initialize`. */
  readonly limits: Limits;
  readonly registrationLimits: RegistrationLimits;
  readonly endpointLimits: Partial<EndpointLimits>;
  readonly capabilities: Capabilities;
  readonly maxOpenCalls: number;
  readonly nextSequence: () => number;
}

export type WorkerEvent = Parameters<Parameters<WorkerRegistry['onChanged']>[0]>[0];

/** The attached workers, and what is remembered of those that were lost and are expected back. */
export class AttachedWorkers implements WorkerRegistry, ConnectionHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registrationLimits: RegistrationLimits;
  readonly endpointLimits: Partial<EndpointLimits>;
  readonly #parts: WorkerRegistryParts;
  readonly #requestParts: RequestParts;
  readonly #swap: WorkerSwap;
  readonly #connections = new Map<string, WorkerConnection>();
  /** By owner: the last worker of a place, lost, whose functions stay known until a successor or `release`. */
  readonly #remembered = new Map<string, WorkerConnection>();
  readonly #generations = new Map<string, number>();
  readonly #changed = new Listeners<WorkerEvent>();
  /** Called for each worker whose connection has ended. */
  readonly #left = new Listeners<string>();
  #isStopped = false;

  constructor(parts: WorkerRegistryParts) {
    this.#parts = parts;
    this.clock = parts.clock;
    this.logger = parts.logger;
    this.registrationLimits = parts.registrationLimits;
    this.endpointLimits = parts.endpointLimits;
    this.#swap = new WorkerSwap(parts.functions, parts.triggers, parts.logger, parts.nextSequence);
    this.#requestParts = {
      ...parts,
      onInitialized: (connection) => this.#announce('worker_connected', connection),
      onReady: (connection) => this.#onReady(connection),
      goLive: (connection, change) => this.#goLive(connection, change),
    };
  }

  attach(transport: Transport, options: AttachOptions): WorkerHandle {
    const place = placeOf(options);
    const generation = (this.#generations.get(place) ?? 0) + 1;
    this.#generations.set(place, generation);
    const connection = new WorkerConnection(this, `w-${randomHex(16)}`, generation, transport, options);
    this.#connections.set(connection.id, connection);
    new WorkerRequests(connection, this.#requestParts);
    this.onAttached(connection);
    connection.endpoint.listen();
    if (this.#isStopped) connection.close('left', invocationErrors.STOPPED({ what: 'A new worker' }));
    return connection;
  }

  /** Lets other parts of the engine answer requests of a new worker. */
  onAttached: (connection: WorkerConnection) => void = () => undefined;

  async activate(swap: Parameters<WorkerRegistry['activate']>[0]): Promise<void> {
    const arriving = swap.arriving.map((handle) => this.#own(handle));
    const leaving = swap.leaving.map((handle) => this.#find(handle.id)).filter((connection) => connection !== undefined);
    for (const connection of arriving) {
      if (connection.state !== 'standby') throw invocationErrors.WORKER_CLOSED({ worker: connection.label, state: `${connection.state} and not in standby` });
    }
    if (swap.mustBindAll === true) this.#swap.assertBindable(arriving, [...leaving, ...arriving.flatMap(({ owner }) => this.#remembered.get(owner) ?? [])]);
    await this.#activate(arriving, leaving);
  }

  async release(owner: string): Promise<void> {
    const remembered = this.#remembered.get(owner);
    if (remembered === undefined) return;
    this.#remembered.delete(owner);
    await this.#swap.run([], [remembered]);
  }

  list(): readonly WorkerInfo[] {
    return this.connections().map((connection) => connection.info());
  }

  /** Those that registered or may register; tool connections and closed ones left out. */
  connections(): readonly WorkerConnection[] {
    return [...this.#connections.values()].filter(({ options, state }) => options.callerOnly !== true && state !== 'closed');
  }

  onChanged(listener: (event: WorkerEvent) => void): Registration {
    return this.#changed.add(listener);
  }

  onLeft(listener: (workerId: string) => void): Registration {
    return this.#left.add(listener);
  }

  endCall(call: Call, error: MotiaError): void {
    this.#parts.invoker.endEarly(call, error);
  }

  onRoom(): void {
    this.#parts.invoker.resumeWaiting();
  }

  async withdraw(workerId: string): Promise<boolean> {
    const connection = this.#connections.get(workerId);
    if (connection === undefined || connection.options.callerOnly === true) return false;
    await this.takeOut(connection);
    return true;
  }

  async takeOut(connection: WorkerConnection): Promise<void> {
    const wasLive = connection.state === 'ready';
    connection.onDraining();
    if (wasLive) await this.#swap.run([], [connection]);
  }

  onClosed(connection: WorkerConnection, { reason, error }: WorkerClosure, from: WorkerState): void {
    this.#connections.delete(connection.id);
    const { owner, label, options, id, generation } = connection;
    const facts = { worker: label, workerId: id, owner, generation, reason, ...(error === undefined ? {} : { code: error.code, problem: error.message }) };
    // A command of the `iii` program that ends is no loss, and nobody misses who never served: whoever started it says why it ended.
    const neverServed = from !== 'ready' && from !== 'draining' && (error === undefined || error.code === 'MOTIA_ENGINE_WORKER_DISCONNECTED');
    const isExpected = reason === 'left' || (reason === 'lost' && (options.callerOnly === true || neverServed));
    if (isExpected) this.logger.debug(reason === 'lost' && neverServed ? 'A worker went away before it was ready' : 'A worker left', facts);
    else if (from === 'connecting') this.logger.warn('A worker was refused', { ...facts, ...(error?.hint === undefined ? {} : { hint: error.hint }) });
    else this.logger.warn('A worker was lost', facts);
    if (from === 'ready') {
      if (options.retain === true && reason !== 'left' && !this.#isStopped) this.#remember(connection);
      else this.#swap.run([], [connection]).catch((failure: unknown) => this.#onSwapFailure(failure));
    }
    if (connection.identity !== undefined) this.#announce('worker_disconnected', connection);
    this.#left.emit(id);
  }

  /** Says goodbye to every worker and forgets all. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const connections = [...this.#connections.values()];
    const reason = invocationErrors.STOPPED({ what: 'The connection' });
    for (const connection of connections) connection.close('left', reason);
    await Promise.all([...this.#remembered.keys()].map((owner) => this.release(owner)));
    await Promise.all(connections.map((connection) => connection.disconnected));
  }

  async #onReady(connection: WorkerConnection): Promise<readonly RegistrationRejection[]> {
    connection.onStandby();
    if (connection.options.activation !== 'manual') await this.#activate([connection], []);
    await connection.live.promise;
    return this.#swap.takeRejections(connection);
  }

  async #activate(arriving: readonly WorkerConnection[], leaving: readonly WorkerConnection[]): Promise<void> {
    const gone = new Set(leaving);
    for (const connection of leaving) if (this.#remembered.get(connection.owner) === connection) this.#remembered.delete(connection.owner);
    for (const connection of arriving) for (const former of this.#formerOf(connection)) gone.add(former);
    await this.#swap.run(arriving, [...gone]);
    for (const connection of arriving) {
      // One that died while its triggers were being bound has said so already.
      if (connection.state === 'closed') continue;
      connection.onLive();
      this.#announce('worker_metadata_updated', connection);
    }
  }

  /** Whom a worker replaces: what is remembered of its place, and its own former connection. */
  #formerOf(connection: WorkerConnection): readonly WorkerConnection[] {
    const former: WorkerConnection[] = [];
    const remembered = this.#remembered.get(connection.owner);
    if (remembered !== undefined) {
      this.#remembered.delete(connection.owner);
      former.push(remembered);
    }
    const previousId = connection.identity?.previousWorkerId;
    const previous = previousId === undefined ? undefined : this.#find(previousId);
    // Only its own place: a worker must not be able to throw out one that somebody else attached.
    if (previous !== undefined && previous !== connection && placeOf(previous.options) === placeOf(connection.options)) {
      former.push(previous);
      if (this.#remembered.get(previous.owner) === previous) this.#remembered.delete(previous.owner);
      queueMicrotask(() => previous.close('lost', invocationErrors.WORKER_DISCONNECTED({ worker: previous.label, reason: 'it connected again' })));
    }
    return former;
  }

  async #goLive(connection: WorkerConnection, change: LiveChange): Promise<readonly RegistrationRejection[]> {
    const rejections = await this.#swap.change(connection, change);
    this.#announce('worker_metadata_updated', connection);
    return rejections;
  }

  #remember(connection: WorkerConnection): void {
    const former = this.#remembered.get(connection.owner);
    this.#remembered.set(connection.owner, connection);
    this.#swap.remember(connection);
    if (former !== undefined) this.#swap.run([], [former]).catch((failure: unknown) => this.#onSwapFailure(failure));
  }

  #onSwapFailure(failure: unknown): void {
    this.logger.error('The registrations of a worker could not be taken back', { reason: messageOf(failure) });
  }

  #announce(event: WorkerEvent['event'], connection: WorkerConnection): void {
    if (connection.options.callerOnly === true) {
      if (event === 'worker_connected') connection.onCallerOnly();
      return;
    }
    this.#changed.emit({ event, workerId: connection.id });
  }

  /** Attached, or lost and remembered. */
  #find(id: string): WorkerConnection | undefined {
    return this.#connections.get(id) ?? [...this.#remembered.values()].find((connection) => connection.id === id);
  }

  #own(handle: WorkerHandle): WorkerConnection {
    const connection = this.#connections.get(handle.id);
    if (connection === undefined) throw invocationErrors.WORKER_CLOSED({ worker: handle.id, state: handle.state });
    return connection;
  }
}

/** Whose connections may follow one another. */
function placeOf({ group, owner }: AttachOptions): string {
  return group ?? owner;
}
