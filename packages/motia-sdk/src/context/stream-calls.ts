import { sdkErrors } from '../errors.js';
import { dataCheck } from '../schema/data-check.js';
import { readGroups, type GroupsPage } from './groups-page.js';
import { given, type ModuleCall } from './module-call.js';
import type { PageStart } from './pages.js';
import type { StreamConfig } from './stream-config.js';
import type { StreamChange, StreamChannel, StreamItem, StreamListOptions, StreamPage } from './stream-item.js';
import type { UpdateOp } from './update-op.js';

type Fields = Readonly<Record<string, unknown>>;
type Config = Pick<StreamConfig, 'name' | 'schema'>;

const call = <T>({ name }: Config, functionId: string, payload: Fields, read: (answer: unknown) => T): ModuleCall<T> => ({ module: 'StreamModule', functionId, payload: { stream_name: name, ...payload }, read });

export function getItem<T>(stream: Config, groupId: string, itemId: string): ModuleCall<T | null> {
  return call(stream, 'stream::get', { group_id: groupId, item_id: itemId }, (answer) => (answer ?? null) as T | null);
}
export function setItem<T>(stream: Config, groupId: string, itemId: string, data: T): ModuleCall<StreamChange<T>> {
  return {
    ...call(stream, 'stream::set', { group_id: groupId, item_id: itemId, data }, (answer) => readChange<T>(answer)),
    check: () => checkData(stream, groupId, itemId, data),
  };
}
export function updateItem<T>(stream: Config, groupId: string, itemId: string, ops: readonly UpdateOp[]): ModuleCall<StreamChange<T>> {
  return call(stream, 'stream::update', { group_id: groupId, item_id: itemId, ops }, (answer) => readChange<T>(answer));
}
export function deleteItem<T>(stream: Config, groupId: string, itemId: string): ModuleCall<T | null> {
  return call(stream, 'stream::delete', { group_id: groupId, item_id: itemId }, (answer) => ((answer as { old_value?: T } | null | undefined)?.old_value ?? null));
}
export function listItems<T>(stream: Config, groupId: string): ModuleCall<T[]> {
  return call(stream, 'stream::list', { group_id: groupId }, (answer) => (answer ?? []) as T[]);
}
export function listItemsPage<T>(stream: Config, groupId: string, { limit, cursor }: StreamListOptions): ModuleCall<StreamPage<T>> {
  return call(stream, 'stream::list', given({ group_id: groupId, with_ids: true, limit, cursor }), (answer) => {
    const { items, cursor: next } = (answer ?? {}) as { items?: readonly StreamItem<T>[]; cursor?: string | null };
    return { items: items ?? [], ...(typeof next === 'string' ? { cursor: next } : {}) };
  });
}
export function listGroups(stream: Config): ModuleCall<string[]> {
  return call(stream, 'stream::list_groups', {}, (answer) => (answer ?? []) as string[]);
}
export function listGroupsPage(stream: Config, { cursor }: PageStart): ModuleCall<GroupsPage> {
  return call(stream, 'stream::list_groups', given({ with_cursor: true, cursor }), readGroups);
}
export function sendEvent(stream: Config, channel: StreamChannel, event: { readonly type: string; readonly data: unknown }): ModuleCall<void> {
  return call(stream, 'stream::send', given({ group_id: channel.groupId, id: channel.id, type: event.type, data: event.data }), () => undefined);
}

/** What breaks the schema reaches no client. The data is sent as it was given: a schema describes it and does not change it. */
async function checkData(stream: Config, groupId: string, itemId: string, data: unknown): Promise<void> {
  const problems = await dataCheck(stream.schema)(data);
  if (problems !== undefined) throw sdkErrors.STREAM_DATA_INVALID({ stream: stream.name, groupId, itemId, problems });
}

function readChange<T>(answer: unknown): StreamChange<T> {
  const fields = (answer ?? {}) as Fields;
  return { ...fields, oldValue: fields['old_value'], newValue: fields['new_value'] } as unknown as StreamChange<T>;
}
