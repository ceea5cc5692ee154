import type { ChannelHub } from './contract/channels.js';
import type { FunctionRegistry } from './contract/functions.js';
import type { Telemetry } from './contract/telemetry.js';
import type { TriggerRegistry } from './contract/triggers.js';
import type { WorkerRegistry } from './contract/workers.js';
import { OwnedFunctionRegistry } from './functions/function-registry.js';
import type { SpecLimits } from './functions/function-spec.js';
import type { FunctionTable } from './functions/function-table.js';
import type { Invoker } from './functions/invoker.js';
import { Ownership } from './ownership.js';
import { OwnedTriggerRegistry } from './triggers/trigger-registry.js';
import type { TriggerTable } from './triggers/trigger-table.js';

export interface OwnedRegistriesParts {
  readonly table: FunctionTable;
  readonly invoker: Invoker;
  readonly limits: SpecLimits;
  readonly triggerTable: TriggerTable;
  readonly workers: WorkerRegistry;
  readonly channels: ChannelHub;
  readonly telemetry: Telemetry;
  readonly nextSequence: () => number;
}

/** The registries as one owner sees them. */
export interface ScopedRegistries {
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly workers: WorkerRegistry;
  readonly channels: ChannelHub;
  readonly telemetry: Telemetry;
  /** Takes back everything that was registered through these, and what is registered later. Idempotent. */
  dispose(): void;
}

/** Registries whose registrations carry the owner's name and can be taken back together. */
export function ownedRegistries(owner: string, parts: OwnedRegistriesParts): ScopedRegistries {
  const ownership = new Ownership(owner);
  const { table, invoker, limits, triggerTable, workers, channels, telemetry, nextSequence } = parts;
  const functions = new OwnedFunctionRegistry(ownership, table, invoker, limits);
  return {
    functions,
    triggers: new OwnedTriggerRegistry(ownership, triggerTable, functions, nextSequence),
    workers: {
      attach: (transport, options) => workers.attach(transport, options),
      activate: (swap) => workers.activate(swap),
      release: (workerOwner) => workers.release(workerOwner),
      withdraw: (workerId) => workers.withdraw(workerId),
      list: () => workers.list(),
      onChanged: (listener) => ownership.keep(workers.onChanged(listener)),
    },
    channels,
    telemetry,
    dispose: () => ownership.dispose(),
  };
}
