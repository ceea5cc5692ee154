import type { StateChange, StateEntry, StateService, StateWriteOptions } from '@motia/engine-core/contract';
import { checkIfVersion, checkPlace, checkTtlMs } from './requests.js';
import type { StateOperations, WriteOptions } from './state-operations.js';
import type { StateWritten, StoredEntry } from './state-store.js';

/** State for other modules. Functions `state::*` are the same for users. */
export function stateService(operations: StateOperations): StateService {
  return {
    get store() {
      return operations.store.service;
    },
    async get(scope, key) {
      const entry = await operations.get(checkPlace(scope, key));
      return entry === undefined ? undefined : toStateEntry(scope, entry);
    },
    set: async (scope, key, value, options) => toStateChange(await operations.set(checkPlace(scope, key), value, checked(options))),
    update: async (scope, key, ops, options) => toStateChange(await operations.update(checkPlace(scope, key), ops, checked(options))),
    async delete(scope, key, options) {
      const { before } = await operations.delete(checkPlace(scope, key), checked(options));
      return before === undefined ? undefined : toStateEntry(scope, before);
    },
  };
}

function checked(options: StateWriteOptions | undefined): WriteOptions {
  return options === undefined ? {} : { ...options, ifVersion: checkIfVersion(options.ifVersion), ttlMs: checkTtlMs(options.ttlMs) };
}

/** An entry with its value parsed. */
export function toStateEntry(scope: string, { key, json, version, updatedAtMs, expiresAtMs }: StoredEntry): StateEntry {
  return { scope, key, value: JSON.parse(json) as unknown, version, updatedAtMs, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
}

function toStateChange({ before, after, version }: StateWritten): StateChange {
  return { oldValue: parsed(before), newValue: parsed(after), hadValue: before !== undefined, version };
}

function parsed(entry: StoredEntry | undefined): unknown {
  return entry === undefined ? undefined : (JSON.parse(entry.json) as unknown);
}
