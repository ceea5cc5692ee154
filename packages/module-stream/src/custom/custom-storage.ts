import type { ChangeOptions, Clock, FunctionRegistry, StreamChange, StreamItemAddress } from '@motia/engine-core/contract';
import type { CheckedUpdateOp } from '@motia/update-ops';
import type { PlaceSnapshot } from '../delivery/catch-up.js';
import type { Place } from '../delivery/frame-text.js';
import { streamErrors } from '../errors.js';
import type { Paging } from '../list-answers.js';
import type { ItemChange } from '../stream-store.js';
import { updatedJson } from '../updated-json.js';
import { customFunctionId, type CustomOperation } from './custom-function.js';
import type { CustomMarks } from './custom-marks.js';

/** From when an operation comes to its end, the wait for those before it included. */
const operationMs = 30_000;
/** What of that it waits for a worker that is being replaced. */
const parkMs = 5_000;

export interface CustomStorageParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly maxSnapshotBytes: number;
  readonly maxValueBytes: number;
  readonly functions: Pick<FunctionRegistry, 'invoke'>;
  readonly marks: Pick<CustomMarks, 'has' | 'ready'>;
  /** Numbers a change and hands it to followers and triggers. */
  readonly record: (address: StreamItemAddress, change: Extract<ItemChange, { kind: 'record' }>, options: ChangeOptions) => Promise<number>;
}

type Answer = Readonly<Record<string, unknown>>;

/**
 * Streams whose items a worker keeps. The engine still numbers their changes, so followers get them as those of any
 * other stream. Operations on one group run one after the other: the order of the numbers is the order of the changes.
 * Each has 30 s from when it came: one whose turn comes later fails, and is not made.
 */
export class CustomStorage {
  readonly #parts: CustomStorageParts;
  /** The last operation of each group that is busy. */
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(parts: CustomStorageParts) {
    this.#parts = parts;
  }

  has(operation: CustomOperation, stream: string): boolean {
    return this.#parts.marks.has({ operation, stream });
  }

  get(address: StreamItemAddress): Promise<unknown> {
    return this.#call('get', address.stream, fieldsOf(address));
  }

  list(place: Place): Promise<readonly unknown[]> {
    return this.#list(place);
  }

  /** A function that knows nothing of pages gives all of it as one. */
  async listPage({ stream, group }: Place, paging: Paging): Promise<unknown> {
    const answer = await this.#call('list', stream, { stream_name: stream, group_id: group, with_ids: true, ...paging });
    if (typeof answer === 'object' && answer !== null && Array.isArray((answer as Answer)['items'])) return answer;
    return { items: listIn(answer, idOf('list', stream)).map((value) => ({ ...ownIdOf(value), value })) };
  }

  async listGroups(stream: string): Promise<readonly string[]> {
    return groupsIn(await this.#call('list_groups', stream, { stream_name: stream }), idOf('list_groups', stream));
  }

  /** A function that knows nothing of pages gives all of it as one. */
  async listGroupsPage(stream: string, paging: Paging): Promise<unknown> {
    const answer = await this.#call('list_groups', stream, { stream_name: stream, with_cursor: true, ...paging });
    if (typeof answer === 'object' && answer !== null && Array.isArray((answer as Answer)['groups'])) return answer;
    return { groups: groupsIn(answer, idOf('list_groups', stream)) };
  }

  set(address: StreamItemAddress, value: unknown, options: ChangeOptions): Promise<StreamChange> {
    return this.#change('set', address, options, async (sinceMs) => {
      const answer = await this.#answer('set', address, { data: value }, sinceMs);
      return { oldValue: answer?.['old_value'] ?? undefined, newValue: answer !== undefined && 'new_value' in answer ? answer['new_value'] : value };
    }) as Promise<StreamChange>;
  }

  /** Whether updates are made here: by a function for them, or by reading and setting the item. */
  updates(stream: string): boolean {
    return this.has('update', stream) || this.has('set', stream);
  }

  /** @param ops as they came, and checked */
  update(address: StreamItemAddress, ops: { readonly given: unknown; readonly checked: readonly CheckedUpdateOp[] }, options: ChangeOptions): Promise<StreamChange> {
    if (!this.has('update', address.stream)) return this.#readAndSet(address, ops.checked, options);
    return this.#change('update', address, options, async (sinceMs) => {
      const answer = await this.#answer('update', address, { ops: ops.given }, sinceMs);
      if (answer === undefined || !('new_value' in answer)) throw this.#unusable('update', address, 'it has no `new_value`');
      return { oldValue: answer['old_value'] ?? undefined, newValue: answer['new_value'] };
    }) as Promise<StreamChange>;
  }

  /** Nothing of the group is changed through this engine in between. */
  #readAndSet(address: StreamItemAddress, ops: readonly CheckedUpdateOp[], options: ChangeOptions): Promise<StreamChange> {
    const { stream } = address;
    if (!this.has('get', stream)) throw this.#unusable('update', address, 'nobody registered it, and without `stream::get` the engine cannot do it by `stream::set`');
    return this.#change('update', address, options, async (sinceMs) => {
      const oldValue = (await this.#call('get', stream, fieldsOf(address), sinceMs)) ?? undefined;
      const newValue = JSON.parse(updatedJson(ops, oldValue, this.#parts.maxValueBytes)) as unknown;
      await this.#answer('set', address, { data: newValue }, sinceMs);
      return { oldValue, newValue };
    }) as Promise<StreamChange>;
  }

  delete(address: StreamItemAddress, options: ChangeOptions): Promise<StreamChange | undefined> {
    return this.#change('delete', address, options, async (sinceMs) => {
      const answer = await this.#answer('delete', address, {}, sinceMs);
      const oldValue = answer?.['old_value'] ?? undefined;
      return oldValue === undefined ? undefined : { oldValue, newValue: undefined };
    });
  }

  /** Everything at a place, with the numbers of `seen`, which was read before: no change of this engine comes in between. */
  snapshot(place: Place, seen: () => Promise<PlaceSnapshot>): Promise<PlaceSnapshot> {
    return this.#inTurn(place, async (sinceMs) => {
      const numbers = await seen();
      const { stream, group, item } = place;
      if (item !== undefined) return { ...numbers, json: text(await this.#call('get', stream, fieldsOf({ stream, group, item }), sinceMs)) };
      const items = await this.#list(place, sinceMs);
      const ids = items.map((each) => ownIdOf(each).id);
      const { ids: _, ...rest } = numbers;
      const json = text(items);
      const { maxSnapshotBytes: limitBytes } = this.#parts;
      if (json.length > limitBytes || Buffer.byteLength(json) > limitBytes) throw streamErrors.SNAPSHOT_TOO_LARGE({ limitBytes });
      return { ...rest, json, ...(ids.every((id) => id !== undefined) ? { ids } : {}) };
    });
  }

  #change(operation: CustomOperation, address: StreamItemAddress, options: ChangeOptions, run: (sinceMs: number) => Promise<Omit<StreamChange, 'seq'> | undefined>): Promise<StreamChange | undefined> {
    if (options.tx !== undefined) throw streamErrors.CUSTOM_STORAGE_TX({ functionId: idOf(operation, address.stream) });
    return this.#inTurn(address, async (sinceMs) => {
      const change = await run(sinceMs);
      if (change === undefined) return undefined;
      const type = operation === 'delete' ? 'delete' : change.oldValue === undefined ? 'create' : 'update';
      const json = text(type === 'delete' ? change.oldValue : change.newValue);
      return { ...change, seq: await this.#parts.record(address, { kind: 'record', type, json }, options) };
    });
  }

  /** One operation of a group at a time, in the order they came. */
  #inTurn<T>({ stream, group }: Place, run: (sinceMs: number) => Promise<T>): Promise<T> {
    const key = `${stream}\n${group}`;
    const sinceMs = this.#parts.clock.monotonicMs();
    const begin = (): Promise<T> => {
      if (this.#parts.clock.monotonicMs() - sinceMs >= operationMs) throw streamErrors.CUSTOM_STORAGE_BUSY({ stream, group, waitedMs: operationMs });
      return run(sinceMs);
    };
    const done = (this.#busy.get(key) ?? Promise.resolve()).then(begin, begin);
    const settled = done.then(() => undefined, () => undefined).then(() => {
      if (this.#busy.get(key) === settled) this.#busy.delete(key);
    });
    this.#busy.set(key, settled);
    return done;
  }

  async #answer(operation: CustomOperation, address: StreamItemAddress, more: Answer, sinceMs: number): Promise<Answer | undefined> {
    const answer = await this.#call(operation, address.stream, { ...fieldsOf(address), ...more }, sinceMs);
    return typeof answer === 'object' && answer !== null ? (answer as Answer) : undefined;
  }

  async #list({ stream, group }: Place, sinceMs?: number): Promise<readonly unknown[]> {
    return listIn(await this.#call('list', stream, { stream_name: stream, group_id: group }, sinceMs), idOf('list', stream));
  }

  async #call(operation: CustomOperation, stream: string, payload: Answer, sinceMs = this.#parts.clock.monotonicMs()): Promise<unknown> {
    const { clock, functions, marks } = this.#parts;
    const waited = (): number => clock.monotonicMs() - sinceMs;
    await marks.ready({ operation, stream }, parkMs - waited());
    return functions.invoke(idOf(operation, stream), payload, { timeoutMs: Math.max(1, operationMs - waited()), parkMs: Math.max(0, parkMs - waited()) });
  }

  #unusable(operation: CustomOperation, { stream }: StreamItemAddress, problem: string): Error {
    return streamErrors.CUSTOM_STORAGE_FAILED({ functionId: idOf(operation, stream), problem });
  }
}

const idOf = (operation: CustomOperation, stream: string): string => customFunctionId({ operation, stream });
const fieldsOf = ({ stream, group, item }: StreamItemAddress): Answer => ({ stream_name: stream, group_id: group, item_id: item });
const text = (value: unknown): string => JSON.stringify(value) ?? 'null';

function ownIdOf(value: unknown): { readonly id?: string } {
  const id = typeof value === 'object' && value !== null ? (value as { readonly id?: unknown }).id : undefined;
  return typeof id === 'string' ? { id } : {};
}

function groupsIn(answer: unknown, functionId: string): readonly string[] {
  return listIn(answer, functionId).map(String);
}

function listIn(answer: unknown, functionId: string): readonly unknown[] {
  if (Array.isArray(answer)) return answer as unknown[];
  if (answer === undefined || answer === null) return [];
  throw streamErrors.CUSTOM_STORAGE_FAILED({ functionId, problem: 'it is not a list' });
}
