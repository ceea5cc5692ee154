import { randomUUID } from 'node:crypto';
import type { ChannelRef } from '@motia/protocol';
import { callEngine } from '../context/call-module.js';
import { shared } from '../context/invocation-scope.js';
import { sdkErrors } from '../errors.js';
import { openChannelRefs } from './channel-refs.js';
import { ChannelReader } from './channel-reader.js';
import { ChannelWriter } from './channel-writer.js';
import type { Registrations, TriggerTypeHandler } from './registrations.js';

/** A function that a program registers. */
export interface RegisterFunctionInput {
  readonly id: string;
  readonly description?: string;
  readonly request_format?: unknown;
  readonly response_format?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
}
export interface TriggerRequest<TInput = unknown> {
  readonly function_id: string;
  readonly payload?: TInput;
  readonly action?: { readonly type: 'enqueue'; readonly queue: string } | { readonly type: 'void' };
  /** Default 30,000. */
  readonly timeoutMs?: number;
}
export interface RegisterTriggerInput {
  readonly type: string;
  readonly function_id: string;
  readonly config: unknown;
}
/** Storage of one stream, in place of the engine's. */
export interface CustomStream<TData = unknown> {
  get(input: { readonly stream_name: string; readonly group_id: string; readonly item_id: string }): Promise<TData | null>;
  set(input: { readonly stream_name: string; readonly group_id: string; readonly item_id: string; readonly data: TData }): Promise<unknown>;
  delete(input: { readonly stream_name: string; readonly group_id: string; readonly item_id: string }): Promise<unknown>;
  list(input: { readonly stream_name: string; readonly group_id: string }): Promise<TData[]>;
  listGroups(input: { readonly stream_name: string }): Promise<string[]>;
  update?(input: { readonly stream_name: string; readonly group_id: string; readonly item_id: string; readonly ops: unknown }): Promise<unknown>;
}
export interface Channel {
  readonly writer: ChannelWriter;
  readonly reader: ChannelReader;
  readonly writerRef: ChannelRef;
  readonly readerRef: ChannelRef;
}
type Handler = (payload: never) => unknown;
type Unregister = { unregister(): void };

/**
 * The engine as a program sees it that registers functions and triggers itself, beside its Steps. Registrations may be
 * made at any time: before the process is connected they go along with the Steps.
 */
export class IIISdk {
  readonly #registrations: Registrations;

  constructor(registrations: Registrations) {
    this.#registrations = registrations;
  }

  /** Calls a function and waits for its answer; with `void` for nothing, with `enqueue` for the receipt. */
  trigger = <TInput = unknown, TOutput = unknown>({ function_id: functionId, payload, action, timeoutMs }: TriggerRequest<TInput>): Promise<TOutput> =>
    callEngine(undefined, functionId, payload, { ...(action === undefined ? {} : { action }), ...(timeoutMs === undefined ? {} : { timeoutMs }) }) as Promise<TOutput>;

  /**
   * Channel references in the payload become readers and writers.
   * @throws MotiaError `MOTIA_SDK_REGISTRATION_INVALID` without id, for an id that is taken, and for functions behind a URL
   */
  registerFunction = (idOrSpec: string | RegisterFunctionInput, handler: Handler, options: Omit<RegisterFunctionInput, 'id'> = {}): Unregister & { readonly id: string } => {
    const { id, description, request_format: requestSchema, response_format: responseSchema, metadata } = typeof idOrSpec === 'string' ? { ...options, id: idOrSpec } : idOrSpec;
    const invalid = (problem: string): Error => sdkErrors.REGISTRATION_INVALID({ what: `The function ${JSON.stringify(id)}`, problem });
    if (typeof id !== 'string' || id.trim() === '') throw invalid('has no id');
    if (this.#registrations.functions.has(id)) throw invalid('is registered already');
    if (typeof handler !== 'function') throw invalid('has no handler; functions behind a URL are not offered');
    const schemas = { ...(isSchema(requestSchema) ? { requestSchema } : {}), ...(isSchema(responseSchema) ? { responseSchema } : {}) };
    this.#registrations.addFunction({
      spec: { id, ...(description === undefined ? {} : { description }), ...schemas, ...(metadata === undefined ? {} : { metadata }) },
      run: (payload) => handler(openChannelRefs(payload) as never),
    });
    return { id, unregister: () => this.#registrations.removeFunction(id) };
  };

  registerTrigger = ({ type, function_id: functionId, config }: RegisterTriggerInput): Unregister => {
    const id = randomUUID();
    this.#registrations.addTrigger({ id, type, functionId, config: (config ?? {}) as Record<string, unknown> });
    return { unregister: () => this.#registrations.removeTrigger(id) };
  };

  registerTriggerType = <TConfig = unknown>({ id, description }: { readonly id: string; readonly description?: string }, handler: TriggerTypeHandler<TConfig>): void => {
    this.#registrations.addType({ spec: { id, ...(description === undefined ? {} : { description }) }, handler });
  };
  unregisterTriggerType = ({ id }: { readonly id: string }): void => {
    this.#registrations.removeType(id);
  };
  /** Services group functions in lists of the original engine; here ids do. */
  registerService = (_service: { readonly id: string; readonly name?: string; readonly description?: string }): void => undefined;

  listFunctions = async (): Promise<unknown[]> => (await this.#list('engine::functions::list', 'functions')) as unknown[];
  listWorkers = async (): Promise<unknown[]> => (await this.#list('engine::workers::list', 'workers')) as unknown[];
  listTriggers = async (): Promise<unknown[]> => (await this.#list('engine::triggers::list', 'triggers')) as unknown[];

  /** A byte stream with one writer and one reader; the references may be sent in payloads. */
  createChannel = async (bufferSize?: number): Promise<Channel> => {
    const { writer, reader } = await this.trigger<object, { writer: ChannelRef; reader: ChannelRef }>({ function_id: 'engine::channels::create', payload: bufferSize === undefined ? {} : { buffer_size: bufferSize } });
    return { writer: new ChannelWriter(writer), reader: new ChannelReader(reader), writerRef: writer, readerRef: reader };
  };

  /** Keeps the items of a stream elsewhere than in the engine. */
  createStream = <TData = unknown>(streamName: string, stream: CustomStream<TData>): void => {
    const offer = (operation: string, handler: Handler): void => void this.registerFunction(`stream::${operation}(${streamName})`, handler);
    offer('get', stream.get.bind(stream));
    offer('set', stream.set.bind(stream));
    offer('delete', stream.delete.bind(stream));
    offer('list', stream.list.bind(stream));
    offer('list_groups', stream.listGroups.bind(stream));
    if (stream.update !== undefined) offer('update', stream.update.bind(stream));
  };

  /** Called with all functions after their set changed. @returns ends it */
  onFunctionsAvailable = (callback: (functions: unknown[]) => void): (() => void) =>
    this.#watch('engine::functions-available', {}, (event) => callback((event as { functions: unknown[] }).functions));

  /** Records of the engine's log, from `level` upwards. @returns ends it */
  onLog = (callback: (record: unknown) => void, { level = 'all' }: { readonly level?: string } = {}): (() => void) => this.#watch('log', { level }, callback);

  /** Ends the connection of this process. */
  shutdown = async (): Promise<void> => {
    await shared.connection?.close?.();
  };

  #watch(type: string, config: object, listener: (event: unknown) => void): () => void {
    const fn = this.registerFunction(`motia::watch::${type}::${randomUUID()}`, (event: never) => {
      listener(event);
      return null;
    });
    const trigger = this.registerTrigger({ type, function_id: fn.id, config });
    return () => {
      trigger.unregister();
      fn.unregister();
    };
  }

  async #list(functionId: string, member: string): Promise<unknown> {
    const answer = await this.trigger({ function_id: functionId, payload: {} });
    return (answer as Readonly<Record<string, unknown>>)[member];
  }
}

/** The formats of the original API are no JSON Schemas; what has its shape is one. */
function isSchema(format: unknown): format is Readonly<Record<string, unknown>> {
  return typeof format === 'object' && format !== null && !('name' in format);
}
