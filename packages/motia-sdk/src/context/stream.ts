import type { InferSchema } from '../schema/infer-schema.js';
import type { StepSchemaInput } from '../schema/standard-schema.js';
import { callModule } from './call-module.js';
import type { InvocationScope } from './invocation-scope.js';
import type { StreamConfig } from './stream-config.js';
import type { SetResult, UpdateOp } from './update-op.js';

const module = 'StreamModule';

type DataOf<C extends StreamConfig> = StreamConfig extends C ? unknown : C['schema'] extends StepSchemaInput ? InferSchema<C['schema']> : unknown;

/** The subscribers that an event goes to: a group, or one item of it. */
export interface StreamChannel {
  readonly groupId: string;
  readonly id?: string;
}

/**
 * One stream: items in groups, whose changes reach subscribed clients.
 * Every method rejects with MotiaError `MOTIA_SDK_MODULE_NOT_LOADED` when the engine runs without the stream module.
 */
export class Stream<C extends StreamConfig = StreamConfig> {
  readonly config: C;
  readonly #owner: InvocationScope | undefined;

  constructor(config: C, owner?: InvocationScope) {
    this.config = config;
    this.#owner = owner;
  }

  /** The item, or null when there is none. */
  async get(groupId: string, itemId: string): Promise<DataOf<C> | null> {
    return ((await this.#call('stream::get', { group_id: groupId, item_id: itemId })) ?? null) as DataOf<C> | null;
  }
  async set(groupId: string, itemId: string, data: DataOf<C>): Promise<SetResult<DataOf<C>>> {
    return (await this.#call('stream::set', { group_id: groupId, item_id: itemId, data })) as SetResult<DataOf<C>>;
  }
  async update(groupId: string, itemId: string, ops: readonly UpdateOp[]): Promise<SetResult<DataOf<C>>> {
    return (await this.#call('stream::update', { group_id: groupId, item_id: itemId, ops })) as SetResult<DataOf<C>>;
  }
  async delete(groupId: string, itemId: string): Promise<void> {
    await this.#call('stream::delete', { group_id: groupId, item_id: itemId });
  }
  /** The items of a group. */
  async list(groupId: string): Promise<DataOf<C>[]> {
    return ((await this.#call('stream::list', { group_id: groupId })) ?? []) as DataOf<C>[];
  }
  /** The same as `list`. */
  getGroup(groupId: string): Promise<DataOf<C>[]> {
    return this.list(groupId);
  }
  async listGroups(): Promise<string[]> {
    return ((await this.#call('stream::list_groups', {})) ?? []) as string[];
  }
  /** An event that is not stored. */
  async send<T>(channel: StreamChannel, event: { readonly type: string; readonly data: T }): Promise<void> {
    await this.#call('stream::send', { group_id: channel.groupId, ...(channel.id === undefined ? {} : { id: channel.id }), type: event.type, data: event.data });
  }

  #call(functionId: string, payload: Readonly<Record<string, unknown>>): Promise<unknown> {
    return callModule(this.#owner, module, functionId, { stream_name: this.config.name, ...payload });
  }
}
