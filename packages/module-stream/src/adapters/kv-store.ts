import { randomBytes } from 'node:crypto';
import {
  isMotiaError, messageOf, type Clock, type Logger, type Registration, type StoreHandle, type StorePool, type StoreRequest, type StoreService, type StoreTransaction, type StreamItemAddress, type Timer,
} from '@motia/engine-core/contract';
import { openDueCalls, type ClaimedCall, type DueCalls } from '@motia/store-sqlite/outbox';
import type { CustomMark } from '../custom/custom-function.js';
import type { LogPage, PlaceSnapshot, ResumePosition } from '../delivery/catch-up.js';
import type { Place } from '../delivery/frame-text.js';
import { streamErrors } from '../errors.js';
import type { GroupView, ItemView } from '../program/queries.js';
import { itemTable } from '../program/damaged-rows.js';
import { storeProgram } from '../program/stream-program.js';
import type { StreamChangeEvent } from '../stream-event.js';
import type { ChangeDebts, GroupsPage, GroupsQuery, ItemOutcome, ItemsPage, ItemsQuery, ItemWrite, MessageWrite, SessionKey, SessionRecord, StoreSettings, StreamListener, StreamStore } from '../stream-store.js';
import { LogFeed, toEvent } from './log-feed.js';

export interface KvStoreParts {
  readonly pool: StorePool;
  readonly request: StoreRequest;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Opened {
  readonly service: StoreService;
  readonly handle: StoreHandle<typeof storeProgram>;
  readonly epoch: string;
  readonly feed: LogFeed;
  readonly settings: StoreSettings;
}

const upkeepMs = 60_000;

/** Streams in the store of the engine: a file, or memory. The program is the same. */
export class KvStreamStore implements StreamStore {
  readonly #parts: KvStoreParts;
  #opened: Opened | undefined;
  readonly #timers: Timer[] = [];

  constructor(parts: KvStoreParts) {
    this.#parts = parts;
  }

  get service(): StoreService | undefined {
    return this.#opened?.service;
  }

  async open(settings: StoreSettings): Promise<void> {
    const { pool, request, clock, logger } = this.#parts;
    const service = await pool.open(request);
    // The outbox first: commands write into it.
    await openDueCalls({ store: service, kind: 'stream', clock, logger });
    const handle = await service.open(storeProgram);
    const epoch = await handle.run('open', { candidate: newEpoch(), survivesPowerFailure: service.durability === 'full', gone: goneOf({ service, handle }) });
    this.#timers.push(clock.setInterval(() => void this.#prune().catch((error: unknown) => logger.warn('Old changes of streams could not be taken away', { reason: messageOf(error) })), upkeepMs));
    this.#opened = { service, handle, epoch, settings, feed: new LogFeed({ store: service, handle, epoch, logger }) };
  }

  /** The store itself belongs to the pool. Idempotent. */
  async close(): Promise<void> {
    for (const timer of this.#timers.splice(0)) this.#parts.clock.clear(timer);
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.handle.run('close', { gone: goneOf(opened) }).catch(() => undefined);
  }

  async get(address: StreamItemAddress): Promise<string | undefined> {
    return this.#item(address).json;
  }

  async list({ after = '0', ...query }: ItemsQuery): Promise<ItemsPage> {
    if (!/^\d{1,15}$/.test(after)) throw streamErrors.INVALID_INPUT({ functionId: 'stream::list', field: 'cursor', problem: 'is none that an answer gave', legacyCode: 'JSON_ERROR' });
    const { items, damaged, next } = this.#running.handle.query('items', { ...query, after: Number(after) });
    this.#tellDamaged(query, damaged);
    return { items, ...(next === undefined ? {} : { cursor: String(next) }) };
  }

  async groups(query: GroupsQuery): Promise<GroupsPage> {
    return this.#running.handle.query('groups', query);
  }

  async snapshot(place: Place): Promise<PlaceSnapshot> {
    const { epoch } = this.#running;
    const { stream, group, item } = place;
    // Before the next change of what is not there yet: clients of the reference system look at nothing but time.
    const beforeNowMs = this.#parts.clock.now() - 1;
    if (item !== undefined) {
      const view = this.#item({ stream, group, item });
      return { epoch, seq: view.seq, timestamp: view.json === undefined ? Math.max(view.timestamp, beforeNowMs) : view.timestamp, json: view.json ?? 'null' };
    }
    const view = this.#group(stream, group);
    return {
      epoch, seq: view.seq, timestamp: Math.max(view.timestamp, beforeNowMs + 1),
      json: `[${view.items.map(({ json }) => json).join(',')}]`, ids: view.items.map(({ id }) => id),
    };
  }

  async changesAfter(place: Place, position: ResumePosition): Promise<LogPage> {
    const { epoch, handle, settings: { resumeEvents } } = this.#running;
    if (position.epoch !== epoch) return { kind: 'gone', reason: 'epoch' };
    const view = handle.query('changesAfter', { place, seq: position.seq, resumeEvents });
    if (view.kind === 'gone') return view;
    return { kind: 'page', changes: view.rows.map((row) => toEvent(row, epoch) as StreamChangeEvent), upTo: view.upTo, isLast: view.isLast };
  }

  async change(write: ItemWrite, options: { readonly tx?: StoreTransaction } = {}): Promise<ItemOutcome> {
    const { handle, epoch, settings, feed } = this.#running;
    const { maxValueBytes, resumeEvents } = settings;
    const outcome = await handle.run('change', { ...write, epoch, maxValueBytes, resumeEvents }, options);
    feed.wake();
    return outcome;
  }

  async send(message: MessageWrite, options: { readonly tx?: StoreTransaction } = {}): Promise<{ readonly claimed: readonly ClaimedCall[] }> {
    const { handle, service, feed } = this.#running;
    if (options.tx === undefined && message.triggers.length === 0 && !service.isShared) {
      // Nobody but this engine's own clients can be meant.
      const { stream, group, item, type, json, timestampFloor, trace } = message;
      const timestamp = Math.max(this.#parts.clock.now(), timestampFloor + 1);
      feed.pass({ kind: 'message', stream, group, type, json, timestamp, ...(item === undefined ? {} : { item }), ...(trace === undefined ? {} : { traceId: trace.traceparent.slice(3, 35) }) });
      return { claimed: [] };
    }
    const outcome = await handle.run('send', message, options);
    feed.wake();
    return outcome;
  }

  listen(listener: StreamListener): Registration {
    return this.#running.feed.listen(listener);
  }

  dueCalls(kind: string): Promise<DueCalls> {
    const { clock, logger } = this.#parts;
    return openDueCalls({ store: this.#running.service, kind, clock, logger });
  }

  enterSession(session: SessionRecord): Promise<void> {
    return this.#running.handle.run('enterSession', session);
  }

  forgetSession(key: SessionKey): Promise<void> {
    return this.#running.handle.run('forgetSession', key);
  }

  endSession(key: SessionKey, terms: Pick<ChangeDebts, 'claim'>): Promise<{ readonly claimed: readonly ClaimedCall[] }> {
    return this.#running.handle.run('endSession', { ...key, ...terms });
  }

  async endLostSessions(): Promise<number> {
    const { handle } = this.#running;
    const gone = goneOf(this.#running);
    if (gone.length === 0) return 0;
    let sum = 0;
    for (let ended = await handle.run('endLostSessions', { gone }); ended > 0; ended = await handle.run('endLostSessions', { gone })) sum += ended;
    return sum;
  }

  async customMarks(): Promise<readonly CustomMark[]> {
    return this.#running.handle.query('customMarks', undefined);
  }

  markCustom(mark: CustomMark): Promise<void> {
    return this.#running.handle.run('markCustom', mark);
  }

  clearCustom(stream: string): Promise<void> {
    return this.#running.handle.run('clearCustom', { stream });
  }

  onCustomMarks(listener: () => void): Registration {
    return this.#running.service.onForeignCommit(listener);
  }

  onEngineGone(listener: () => void): Registration {
    return this.#running.service.onEngineGone(listener);
  }

  get #running(): Opened {
    if (this.#opened === undefined) throw streamErrors.NOT_STARTED({});
    return this.#opened;
  }

  /** @throws `MOTIA_STREAM_ITEM_DAMAGED` */
  #item(address: StreamItemAddress): ItemView {
    try {
      return this.#running.handle.query('item', address);
    } catch (error) {
      throw isMotiaError(error, 'MOTIA_STORE_ROW_CORRUPT') && (error.details as { readonly table?: unknown }).table === itemTable ? streamErrors.ITEM_DAMAGED(address, error) : error;
    }
  }

  /** Items that are damaged are left out. */
  #group(stream: string, group: string): GroupView {
    const { handle, settings } = this.#running;
    const view = handle.query('group', { stream, group, maxBytes: settings.maxSnapshotBytes });
    this.#tellDamaged({ stream, group }, view.damaged);
    return view;
  }

  #tellDamaged({ stream, group }: Place, damaged: readonly string[]): void {
    for (const item of damaged) {
      try {
        // Reading it has the store keep a copy and say so, once.
        this.#item({ stream, group, item });
      } catch (error) {
        this.#parts.logger.debug('A damaged item is left out', { stream, group, item, reason: messageOf(error) });
      }
    }
  }

  async #prune(): Promise<void> {
    const { handle, settings } = this.#running;
    while (await handle.run('prune', { resumeAgeMs: settings.resumeAgeMs }));
  }
}

/** Engines that are named in the tables and are gone. */
function goneOf({ service, handle }: Pick<Opened, 'service' | 'handle'>): readonly number[] {
  return handle.query('owners', undefined).filter((owner) => service.isGone(owner));
}

/** Short, and never given out twice. */
function newEpoch(): string {
  return randomBytes(9).toString('base64url');
}
