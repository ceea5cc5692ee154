import type { ChangeOptions, FunctionRegistry, FunctionSpec, InvocationContext, JsonSchema, Registration, StorePool } from '@motia/engine-core/contract';
import { pageLimit, type Paging } from '../list-answers.js';
import type { StreamOperations } from '../stream-operations.js';
import { withLegacyCode, type StreamFunctionId } from './legacy-codes.js';
import { InputReader } from './read-input.js';

type Run = (input: InputReader, options: ChangeOptions) => Promise<unknown>;
interface StreamFunction {
  readonly description: string;
  readonly input: JsonSchema;
  /** Takes part in `engine::transaction`. */
  readonly isChange: boolean;
  readonly run: Run;
}

const text = { type: 'string', minLength: 1 } as const;
const object = (required: readonly string[], properties: Readonly<Record<string, unknown>>): JsonSchema => ({ type: 'object', required: [...required], properties });
const place = { stream_name: text, group_id: text, item_id: text };
const page = { limit: { type: 'integer', minimum: 1, maximum: pageLimit }, cursor: { type: 'string' } } as const;
const item = (more: Readonly<Record<string, unknown>> = {}): JsonSchema => object([...Object.keys(place), ...Object.keys(more)], { ...place, ...more });

/** Registers `stream::*`. */
export class StreamFunctions {
  readonly #functions: Readonly<Record<StreamFunctionId, StreamFunction>>;
  readonly #registrations: Registration[] = [];

  constructor(operations: StreamOperations) {
    this.#functions = functionsOf(operations);
  }

  /** @param pool where changes may be part of a transaction; undefined: nowhere */
  register(functions: FunctionRegistry, operations: StreamOperations, pool: StorePool | undefined): void {
    for (const [id, entry] of Object.entries(this.#functions) as [StreamFunctionId, StreamFunction][]) {
      const spec: FunctionSpec = { id, description: entry.description, requestSchema: entry.input };
      this.#registrations.push(functions.register(spec, (payload, call) => this.#run(id, payload, originOf(call))));
      if (!entry.isChange || pool === undefined) continue;
      this.#registrations.push(pool.join(id, { store: () => operations.store, run: (payload, options) => this.#run(id, payload, options) }));
    }
  }

  dispose(): void {
    for (const registration of this.#registrations.splice(0)) registration.dispose();
  }

  /** What is refused throws at once, so that a transaction learns it before it is handed over. */
  #run(id: StreamFunctionId, payload: unknown, options: ChangeOptions): Promise<unknown> {
    try {
      return this.#functions[id].run(new InputReader(id, payload), options).catch((error: unknown) => {
        throw withLegacyCode(id, error);
      });
    } catch (error) {
      throw withLegacyCode(id, error);
    }
  }
}

function functionsOf(operations: StreamOperations): Readonly<Record<StreamFunctionId, StreamFunction>> {
  const address = (input: InputReader) => ({ stream: input.name('stream_name'), group: input.name('group_id'), item: input.name('item_id') });
  const change = ({ oldValue, newValue }: { readonly oldValue: unknown; readonly newValue: unknown }) => ({ old_value: oldValue ?? null, new_value: newValue });
  return {
    'stream::get': {
      description: 'The item, or null.', input: item(), isChange: false,
      run: async (input) => (await operations.get(address(input))) ?? null,
    },
    'stream::set': {
      description: 'Stores an item and tells its followers.', input: item({ data: {} }), isChange: true,
      run: (input, options) => operations.set(address(input), input.raw('data'), options).then(change),
    },
    'stream::update': {
      description: 'Changes an item by operations, all or nothing, and tells its followers.', input: item({ ops: { type: 'array' } }), isChange: true,
      run: (input, options) => operations.update(address(input), input.raw('ops'), options).then(change),
    },
    'stream::delete': {
      description: 'Takes an item away and tells its followers.', input: item(), isChange: true,
      run: (input, options) => operations.delete(address(input), options).then((done) => ({ old_value: done?.oldValue ?? null })),
    },
    'stream::list': {
      description: 'The items of a group, oldest first. With `with_ids` or `cursor`: a page of them, with their ids.',
      input: object(['stream_name', 'group_id'], { stream_name: text, group_id: text, with_ids: { type: 'boolean' }, ...page }), isChange: false,
      run: async (input) => {
        const place = { stream: input.name('stream_name'), group: input.name('group_id') };
        const paging = pagingOf(input);
        const isPaged = input.flag('with_ids', 'withIds') || paging.cursor !== undefined;
        return isPaged ? operations.listPage(place, paging) : operations.list(place, paging.limit);
      },
    },
    'stream::list_groups': {
      description: 'The ids of the groups of a stream. With `with_cursor` or `cursor`: a page of them.',
      input: object(['stream_name'], { stream_name: text, with_cursor: { type: 'boolean' }, ...page }), isChange: false,
      run: async (input) => {
        const stream = input.name('stream_name');
        const paging = pagingOf(input);
        const isPaged = input.flag('with_cursor', 'withCursor') || paging.cursor !== undefined;
        return isPaged ? operations.listGroupsPage(stream, paging) : operations.listGroups(stream, paging.limit);
      },
    },
    'stream::list_all': {
      description: 'Streams with their groups; with `cursor` where there are more.', input: object([], page), isChange: false,
      run: async (input) => {
        const { streams, cursor } = await operations.listAll(pagingOf(input));
        return { stream: streams, count: streams.length, ...(cursor === undefined ? {} : { cursor }) };
      },
    },
    'stream::send': {
      description: 'Tells followers something that is not stored.', input: object(['stream_name', 'group_id', 'type'], { stream_name: text, group_id: text, id: text, type: text, data: {} }), isChange: true,
      run: async (input, options) => {
        const id = input.optionalName('id');
        const to = { stream: input.name('stream_name'), group: input.name('group_id'), ...(id === undefined ? {} : { item: id }) };
        await operations.send(to, { type: input.name('type'), data: input.raw('data') ?? null }, options);
        return null;
      },
    },
    'stream::reset_storage': {
      description: 'Has the engine keep a stream itself again that a worker had taken over and that is gone for good.', input: object(['stream_name'], { stream_name: text }), isChange: false,
      run: async (input) => ({ operations: await operations.resetStorage(input.name('stream_name')) }),
    },
  };
}

function pagingOf(input: InputReader): Paging {
  const limit = input.optionalInteger('limit', { min: 1, max: pageLimit });
  const cursor = input.optionalText('cursor');
  return { ...(limit === undefined ? {} : { limit }), ...(cursor === undefined ? {} : { cursor }) };
}

function originOf({ trace, functionId, triggerDepth }: InvocationContext): ChangeOptions {
  return { trace, functionId, ...(triggerDepth === undefined ? {} : { triggerDepth }) };
}
