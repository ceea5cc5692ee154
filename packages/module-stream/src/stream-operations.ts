import type { ChangeOptions, StoreService, StreamChange, StreamItemAddress, StreamService } from '@motia/engine-core/contract';
import { parseUpdateOps, toJsonValue } from '@motia/update-ops';
import type { CustomMarks } from './custom/custom-marks.js';
import type { CustomStorage } from './custom/custom-storage.js';
import type { Hub } from './delivery/hub.js';
import { streamErrors } from './errors.js';
import { groupsPage, itemsPage, streamsPage, wholeGroups, wholeList, type Paging } from './list-answers.js';
import { nameProblem } from './name.js';
import type { ItemChange, ItemOutcome, StreamStore } from './stream-store.js';
import type { StreamTriggers } from './triggers/stream-triggers.js';

/** Objects and arrays inside each other in an item. */
const deepest = 64;
/** Triggers of changes that may lead to one another. */
const deepestTriggers = 16;

type GroupAddress = Omit<StreamItemAddress, 'item'>;
type MessageAddress = GroupAddress & { readonly item?: string };

export interface StreamOperationsParts {
  readonly store: StreamStore;
  readonly hub: Hub;
  /** There from the start of the module on. */
  readonly triggers: () => StreamTriggers | undefined;
  readonly custom: CustomStorage;
  readonly marks: Pick<CustomMarks, 'reset'>;
  readonly maxValueBytes: number;
  readonly listener: Pick<StreamService, 'address' | 'attach' | 'socketIo'>;
}

/**
 * What `stream::*` and other modules do to streams. A change is handed to the store before any of these methods
 * returns, so that it can be part of a transaction.
 */
export class StreamOperations implements StreamService {
  readonly #parts: StreamOperationsParts;

  constructor(parts: StreamOperationsParts) {
    this.#parts = parts;
  }

  get store(): StoreService | undefined {
    return this.#parts.store.service;
  }

  get socketIo(): unknown {
    return this.#parts.listener.socketIo;
  }

  address(): { readonly host: string; readonly port: number } | undefined {
    return this.#parts.listener.address();
  }

  attach(server: Parameters<StreamService['attach']>[0]): ReturnType<StreamService['attach']> {
    return this.#parts.listener.attach(server);
  }

  async get(address: StreamItemAddress): Promise<unknown> {
    checkAddress('stream::get', address);
    const { custom, store } = this.#parts;
    if (custom.has('get', address.stream)) return custom.get(address);
    const json = await store.get(address);
    return json === undefined ? undefined : JSON.parse(json);
  }

  set(address: StreamItemAddress, value: unknown, options: ChangeOptions = {}): Promise<StreamChange> {
    checkAddress('stream::set', address);
    const { plain, json } = this.#serialize('stream::set', value);
    const { custom } = this.#parts;
    if (custom.has('set', address.stream)) return custom.set(address, plain, options);
    return this.#change(address, { kind: 'set', json }, options).then((outcome) => ({ ...changeOf(outcome), newValue: plain }));
  }

  update(address: StreamItemAddress, ops: unknown, options: ChangeOptions = {}): Promise<StreamChange> {
    checkAddress('stream::update', address);
    const parsed = parseUpdateOps(ops);
    if (!parsed.ok) {
      const { code, message: problem, opIndex } = parsed.problem;
      throw streamErrors.UPDATE_REFUSED({ code, problem, ...(opIndex === undefined ? {} : { opIndex }), legacyCode: 'STREAM_UPDATE_ERROR' });
    }
    const { custom } = this.#parts;
    if (custom.updates(address.stream)) return custom.update(address, { given: ops, checked: parsed.ops }, options);
    return this.#change(address, { kind: 'update', ops: parsed.ops }, options).then(changeOf);
  }

  delete(address: StreamItemAddress, options: ChangeOptions = {}): Promise<StreamChange | undefined> {
    checkAddress('stream::delete', address);
    const { custom } = this.#parts;
    if (custom.has('delete', address.stream)) return custom.delete(address, options);
    return this.#change(address, { kind: 'delete' }, options).then((outcome) => (outcome.event === undefined ? undefined : changeOf(outcome)));
  }

  /** All items of a group, or the first `limit` of them. */
  async list(place: GroupAddress, limit?: number): Promise<unknown> {
    const { custom, store } = this.#parts;
    if (custom.has('list', place.stream)) return (await custom.list(place)).slice(0, limit);
    return wholeList(store, place, limit);
  }

  /** A page of the items of a group, with their ids. */
  async listPage(place: GroupAddress, paging: Paging): Promise<unknown> {
    const { custom, store } = this.#parts;
    return custom.has('list', place.stream) ? custom.listPage(place, paging) : itemsPage(store, place, paging);
  }

  /** The ids of all groups of a stream, or of the first `limit` of them. */
  async listGroups(stream: string, limit?: number): Promise<readonly string[]> {
    const { custom, store } = this.#parts;
    if (custom.has('list_groups', stream)) return (await custom.listGroups(stream)).slice(0, limit);
    return wholeGroups(store, stream, limit);
  }

  /** A page of the groups of a stream. */
  async listGroupsPage(stream: string, paging: Paging): Promise<unknown> {
    const { custom, store } = this.#parts;
    return custom.has('list_groups', stream) ? custom.listGroupsPage(stream, paging) : groupsPage(store, stream, paging);
  }

  /** Streams that the engine keeps, with their groups, as many as fit. */
  listAll(paging: Paging): ReturnType<typeof streamsPage> {
    return streamsPage(this.#parts.store, paging);
  }

  /** The engine keeps a stream itself again. Answers the operations that a worker had. */
  resetStorage(stream: string): Promise<readonly string[]> {
    return this.#parts.marks.reset(stream);
  }

  send(to: MessageAddress, event: { readonly type: string; readonly data: unknown }, options: ChangeOptions = {}): Promise<void> {
    checkAddress('stream::send', to);
    const problem = nameProblem(event.type);
    if (problem !== undefined) throw invalid('stream::send', 'type', problem);
    const { json } = this.#serialize('stream::send', event.data ?? null);
    const { store, hub } = this.#parts;
    const triggers = this.#triggers;
    const due = triggers.matching(to);
    checkDepth(to.stream, options);
    const { tx } = options;
    const message = { ...to, type: event.type, json, timestampFloor: to.item === undefined ? 0 : hub.timestampFloor(to.stream, to.group, to.item), triggers: due, ...debtsOf(options) };
    return triggers.during(due, (claim) => store.send({ ...message, ...(claim === undefined ? {} : { claim }) }, tx === undefined ? {} : { tx })).then(() => undefined);
  }

  /** Numbers a change that was made, or is to be made. */
  async record(address: StreamItemAddress, change: Extract<ItemChange, { kind: 'record' }>, options: ChangeOptions): Promise<number> {
    return (await this.#change(address, change, options)).event?.seq ?? 0;
  }

  get #triggers(): StreamTriggers {
    const triggers = this.#parts.triggers();
    if (triggers === undefined) throw streamErrors.NOT_STARTED({});
    return triggers;
  }

  #change(address: StreamItemAddress, change: ItemChange, options: ChangeOptions): Promise<ItemOutcome> {
    checkDepth(address.stream, options);
    const { store, hub } = this.#parts;
    const triggers = this.#triggers;
    const due = triggers.matching(address);
    const { tx } = options;
    const write = { address, change, timestampFloor: hub.timestampFloor(address.stream, address.group, address.item), triggers: due, ...debtsOf(options) };
    return triggers.during(due, (claim) => store.change({ ...write, ...(claim === undefined ? {} : { claim }) }, tx === undefined ? {} : { tx }));
  }

  #serialize(functionId: string, value: unknown): { readonly plain: unknown; readonly json: string } {
    const result = toJsonValue(value, { maxDepth: deepest });
    if (!result.ok) {
      const { pointer, found } = result.problem;
      throw streamErrors.NOT_SERIALIZABLE({ functionId, field: 'data', pointer, found, legacyCode: 'JSON_ERROR' });
    }
    const json = JSON.stringify(result.value);
    const { maxValueBytes: limitBytes } = this.#parts;
    const bytes = json.length > limitBytes ? json.length : Buffer.byteLength(json);
    if (bytes > limitBytes) throw streamErrors.VALUE_TOO_LARGE({ bytes, limitBytes });
    return { plain: result.value, json };
  }
}

function changeOf({ event, oldJson, newJson }: ItemOutcome): StreamChange {
  return { oldValue: parsed(oldJson), newValue: parsed(newJson), seq: event?.seq ?? 0 };
}

function parsed(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json);
}

function debtsOf({ trace, triggerDepth = 0 }: ChangeOptions): { readonly trace?: NonNullable<ChangeOptions['trace']>; readonly triggerDepth: number } {
  return { triggerDepth, ...(trace === undefined ? {} : { trace }) };
}

function checkDepth(stream: string, { triggerDepth = 0 }: ChangeOptions): void {
  if (triggerDepth > deepestTriggers) throw streamErrors.TRIGGER_DEPTH({ stream, limit: deepestTriggers });
}

/** @throws `MOTIA_STREAM_INVALID_INPUT` naming the field as the functions call it */
function checkAddress(functionId: string, address: { readonly stream: string; readonly group?: string; readonly item?: string }): void {
  for (const [key, field] of [['stream', 'stream_name'], ['group', 'group_id'], ['item', functionId === 'stream::send' ? 'id' : 'item_id']] as const) {
    if (!(key in address)) continue;
    const problem = nameProblem(address[key]);
    if (problem !== undefined) throw invalid(functionId, field, problem);
  }
}

function invalid(functionId: string, field: string, problem: string): Error {
  return streamErrors.INVALID_INPUT({ functionId, field, problem, legacyCode: 'JSON_ERROR' });
}
