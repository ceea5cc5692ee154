import { readGroups, type GroupsPage } from './groups-page.js';
import { given, type ModuleCall } from './module-call.js';
import type { PageStart } from './pages.js';
import type { StateChange, StateEntry, StateHistory, StateHistoryEntry, StateHistoryOptions, StateListOptions, StatePage, StateWriteOptions } from './state-entry.js';
import type { UpdateOp } from './update-op.js';

type Fields = Readonly<Record<string, unknown>>;

const call = <T>(functionId: string, payload: Fields, read: (answer: unknown) => T): ModuleCall<T> => ({ module: 'StateModule', functionId, payload, read });
const fieldsOf = (answer: unknown): Fields | undefined => (typeof answer === 'object' && answer !== null ? (answer as Fields) : undefined);
const writeOptions = ({ ifVersion, ttlMs }: StateWriteOptions): Fields => given({ if_version: ifVersion, ttl_ms: ttlMs });

export function getState<T>(scope: string, key: string): ModuleCall<T | null> {
  return call('state::get', { scope, key }, (answer) => (answer ?? null) as T | null);
}
export function getStateEntry<T>(scope: string, key: string): ModuleCall<StateEntry<T> | undefined> {
  return call('state::get', { scope, key, with_version: true }, (answer) => {
    const fields = fieldsOf(answer);
    return fields === undefined ? undefined : readEntry<T>(key, fields);
  });
}
export function setState<T>(scope: string, key: string, value: T, options: StateWriteOptions): ModuleCall<StateChange<T>> {
  return call('state::set', { scope, key, value, ...writeOptions(options) }, (answer) => readChange<T>(answer));
}
export function updateState<T>(scope: string, key: string, ops: readonly UpdateOp[], options: StateWriteOptions): ModuleCall<StateChange<T>> {
  return call('state::update', { scope, key, ops, ...writeOptions(options) }, (answer) => readChange<T>(answer));
}
export function deleteState<T>(scope: string, key: string, { ifVersion }: Pick<StateWriteOptions, 'ifVersion'>): ModuleCall<T | null> {
  return call('state::delete', given({ scope, key, if_version: ifVersion }), (answer) => (answer ?? null) as T | null);
}
export function listState<T>(scope: string): ModuleCall<T[]> {
  return call('state::list', { scope }, (answer) => (answer ?? []) as T[]);
}
export function listStateEntries<T>(scope: string, { prefix, limit, cursor }: StateListOptions): ModuleCall<StatePage<T>> {
  return call('state::list', given({ scope, with_keys: true, prefix, limit, cursor }), (answer) => {
    const { items, cursor: next } = (answer ?? {}) as { items?: readonly Fields[]; cursor?: string | null };
    return { items: (items ?? []).map((item) => readEntry<T>(String(item['key']), item)), ...(typeof next === 'string' ? { cursor: next } : {}) };
  });
}
export function listStateGroups({ cursor }: PageStart): ModuleCall<GroupsPage> {
  return call('state::list_groups', given({ cursor }), readGroups);
}
export function stateHistory<T>(scope: string, key: string, { limit, cursor }: StateHistoryOptions): ModuleCall<StateHistory<T>> {
  return call('state::history', given({ scope, key, limit, cursor }), (answer) => {
    const { entries, truncated, cursor: next } = (answer ?? {}) as { entries?: readonly Fields[]; truncated?: boolean; cursor?: string | null };
    return { entries: (entries ?? []).map((entry) => readHistory<T>(entry)), isTruncated: truncated === true, ...(typeof next === 'string' ? { cursor: next } : {}) };
  });
}

function readEntry<T>(key: string, fields: Fields): StateEntry<T> {
  const expiresAtMs = fields['expires_at_ms'];
  return {
    key,
    value: fields['value'] as T,
    version: fields['version'] as number,
    updatedAtMs: fields['updated_at_ms'] as number,
    ...(typeof expiresAtMs === 'number' ? { expiresAtMs } : {}),
  };
}

function readChange<T>(answer: unknown): StateChange<T> {
  const fields = fieldsOf(answer) ?? {};
  return { ...fields, oldValue: fields['old_value'], newValue: fields['new_value'] } as unknown as StateChange<T>;
}

function readHistory<T>(fields: Fields): StateHistoryEntry<T> {
  return {
    seq: fields['seq'] as number,
    operation: fields['op'] as StateHistoryEntry['operation'],
    version: fields['version'] as number,
    atMs: fields['at_ms'] as number,
    ...given({
      before: fields['before'],
      after: fields['after'],
      ops: fields['ops'],
      isBeforeUnknown: fields['before_unknown'],
      isAfterUnknown: fields['after_unknown'],
      traceId: fields['trace_id'] ?? undefined,
      functionId: fields['function_id'] ?? undefined,
    }),
  };
}
