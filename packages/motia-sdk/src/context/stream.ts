import type { InferSchema } from '../schema/infer-schema.js';
import type { StepSchemaInput, TypedJsonSchema } from '../schema/standard-schema.js';
import type { InvocationScope } from './invocation-scope.js';
import { makeCall } from './module-call.js';
import { pages } from './pages.js';
import { deleteItem, getItem, listGroups, listGroupsPage, listItems, listItemsPage, sendEvent, setItem, updateItem } from './stream-calls.js';
import type { StreamConfig } from './stream-config.js';
import type { StreamChange, StreamChannel, StreamItem, StreamListOptions, StreamPage } from './stream-item.js';
import type { UpdateOp } from './update-op.js';

/** The items of a stream with this config. */
export type DataOfConfig<C extends StreamConfig> = StreamConfig extends C ? unknown : C['schema'] extends StepSchemaInput ? InferSchema<C['schema']> : unknown;
/** A stream, or anything that has its config: what functions take that only look at that. */
export interface StreamDefinition<C extends StreamConfig = StreamConfig> {
  readonly config: C;
}
/** The items of a stream: `DataOfStream<typeof todos>`. */
export type DataOfStream<S> = S extends StreamDefinition<infer C> ? DataOfConfig<C> : unknown;
type DataOf<C extends StreamConfig> = DataOfConfig<C>;

/**
 * One stream: items in groups, whose changes reach subscribed clients.
 * Every method rejects with MotiaError `MOTIA_SDK_MODULE_NOT_LOADED` when the engine runs without the stream module, and
 * with `MOTIA_STREAM_…` when that refuses.
 */
export class Stream<C extends StreamConfig = StreamConfig> {
  readonly config: C;
  readonly #owner: InvocationScope | undefined;

  constructor(config: C, owner?: InvocationScope) {
    this.config = config;
    this.#owner = owner;
  }

  /** The item, or null when there is none. */
  get(groupId: string, itemId: string): Promise<DataOf<C> | null> {
    return makeCall(this.#owner, getItem<DataOf<C>>(this.config, groupId, itemId));
  }
  /** @throws MotiaError `MOTIA_SDK_STREAM_DATA_INVALID` with JSON pointers when the data breaks the schema of the stream */
  set(groupId: string, itemId: string, data: DataOf<C>): Promise<StreamChange<DataOf<C>>> {
    return makeCall(this.#owner, setItem(this.config, groupId, itemId, data));
  }
  /** Applies operations in order, all or none, while nobody else changes the item. The schema is not looked at. */
  update(groupId: string, itemId: string, ops: readonly UpdateOp[]): Promise<StreamChange<DataOf<C>>> {
    return makeCall(this.#owner, updateItem<DataOf<C>>(this.config, groupId, itemId, ops));
  }
  /** Gives what was there, or null. */
  delete(groupId: string, itemId: string): Promise<DataOf<C> | null> {
    return makeCall(this.#owner, deleteItem<DataOf<C>>(this.config, groupId, itemId));
  }
  /** The items of a group, oldest first. @throws MotiaError `MOTIA_STREAM_LIST_TOO_LARGE` beyond 10,000 items or 8 MiB: go through `items` then */
  list(groupId: string): Promise<DataOf<C>[]> {
    return makeCall(this.#owner, listItems<DataOf<C>>(this.config, groupId));
  }
  /** The same as `list`. */
  getGroup(groupId: string): Promise<DataOf<C>[]> {
    return this.list(groupId);
  }
  /** One page of a group, oldest first, with the ids of the items. */
  listItems(groupId: string, options: StreamListOptions = {}): Promise<StreamPage<DataOf<C>>> {
    return makeCall(this.#owner, listItemsPage<DataOf<C>>(this.config, groupId, options));
  }
  /** All items of a group, page by page: `for await (const { id, value } of ctx.streams.todo.items('inbox'))`. */
  async *items(groupId: string, options: Omit<StreamListOptions, 'cursor'> = {}): AsyncGenerator<StreamItem<DataOf<C>>, void> {
    for await (const { items } of pages((from) => this.listItems(groupId, { ...options, ...from }))) yield* items;
  }
  /** The ids of the groups that hold items, by name. @throws MotiaError `MOTIA_STREAM_LIST_TOO_LARGE` beyond 10,000: go through `groups` then */
  listGroups(): Promise<string[]> {
    return makeCall(this.#owner, listGroups(this.config));
  }
  /** The ids of all groups that hold items, page by page: `for await (const groupId of ctx.streams.todo.groups())`. */
  async *groups(): AsyncGenerator<string, void> {
    for await (const { groups } of pages((from) => makeCall(this.#owner, listGroupsPage(this.config, from)))) yield* groups;
  }
  /** An event that is not stored. */
  send<T>(channel: StreamChannel, event: { readonly type: string; readonly data: T }): Promise<void> {
    return makeCall(this.#owner, sendEvent(this.config, channel, event));
  }
}

/**
 * A stream, typed by its schema: `export default defineStream({ name: 'todo', schema })` in `todo.stream.ts`. Import it
 * where it is used (`await todos.set(group, id, todo)`), or take `ctx.streams.todo`.
 */
export function defineStream<const C extends StreamConfig>(config: C): Stream<C> {
  return new Stream(config);
}

/** A stream by its name and the type of its items: what `motia generate-types` writes. */
export type StreamOf<Name extends string, Item> = Stream<{ readonly name: Name; readonly schema: TypedJsonSchema<Item> }>;
