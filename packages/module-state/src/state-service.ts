import type { StateChange, StateEntry, StateService, StateWriteOptions, Telemetry, TraceContext } from '@motia/engine-core/contract';
import { checkIfVersion, checkPlace, checkTtlMs } from './requests.js';
import type { StateOperations, WriteOptions } from './state-operations.js';
import type { StateWritten, StoredEntry } from './state-store.js';

/** State for other modules. Functions `state::*` are the same for users; their calls have spans already, these get their own. */
export function stateService(operations: StateOperations, telemetry: Pick<Telemetry, 'recording' | 'startSpan'>): StateService {
  const traced = async <T>(operation: string, [scope, key]: readonly [string, string], options: { readonly trace?: TraceContext } | undefined, run: () => Promise<T>): Promise<T> => {
    if (!telemetry.recording) return run();
    const span = telemetry.startSpan(`state ${operation}`, { kind: 'internal', ...(options?.trace === undefined ? {} : { parent: options.trace }), attributes: { 'iii.state.scope': scope, 'iii.state.key': key } });
    try {
      const result = await run();
      span.end();
      return result;
    } catch (error) {
      span.end({ error });
      throw error;
    }
  };
  // Whoever collects a transaction needs the change handed over before these return: `traced` calls `run` at once.
  return {
    get store() {
      return operations.store.service;
    },
    get: (scope, key) => traced('get', [scope, key], undefined, async () => {
      const entry = await operations.get(checkPlace(scope, key));
      return entry === undefined ? undefined : toStateEntry(scope, entry);
    }),
    set: (scope, key, value, options) => traced('set', [scope, key], options, async () => toStateChange(await operations.set(checkPlace(scope, key), value, checked(options)))),
    update: (scope, key, ops, options) => traced('update', [scope, key], options, async () => toStateChange(await operations.update(checkPlace(scope, key), ops, checked(options)))),
    delete: (scope, key, options) => traced('delete', [scope, key], options, async () => {
      const { before } = await operations.delete(checkPlace(scope, key), checked(options));
      return before === undefined ? undefined : toStateEntry(scope, before);
    }),
  };
}

function checked(options: StateWriteOptions | undefined): WriteOptions {
  return options === undefined ? {} : { ...options, ifVersion: checkIfVersion(options.ifVersion), ttlMs: checkTtlMs(options.ttlMs) };
}

/** An entry with its value parsed. */
function toStateEntry(scope: string, { key, json, version, updatedAtMs, expiresAtMs }: StoredEntry): StateEntry {
  return { scope, key, value: JSON.parse(json) as unknown, version, updatedAtMs, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
}

function toStateChange({ before, after, version }: StateWritten): StateChange {
  return { oldValue: parsed(before), newValue: parsed(after), hadValue: before !== undefined, version };
}

function parsed(entry: StoredEntry | undefined): unknown {
  return entry === undefined ? undefined : (JSON.parse(entry.json) as unknown);
}
