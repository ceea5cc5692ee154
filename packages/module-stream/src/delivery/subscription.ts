import type { StreamChangeEvent, StreamEvent } from '../stream-event.js';
import { changeBody, frameHead, messageBody } from './frame-text.js';
import type { Outlet } from './outlet.js';
import { PendingChanges, type MergedChange } from './pending-changes.js';
import type { EventBatch, Follower, Target } from './target.js';

/**
 * `idle`: not served yet, or about to be served anew. `reading`: its snapshot or the log is being read, events are held. `live`: gets events at once.
 * `slow`: gets the latest of each item when its client has room. `ended`: gets nothing more.
 */
type Phase = 'idle' | 'reading' | 'live' | 'slow' | 'ended';

/** One subscription of one client: what it has been sent, and what it still has to get. */
export class Subscription implements Follower {
  readonly id: string;
  readonly target: Target;
  readonly #outlet: Outlet;
  readonly #startOver: (subscription: Subscription) => void;
  #phase: Phase = 'idle';
  /** The last change that was handed to the client, or that its snapshot contains. */
  lastSeq = 0;
  /** Among the subscriptions that its client ever had on this connection, those that had the same id included. */
  ordinal = 0;
  /** onJoin allowed it: onLeave must hear of its end. */
  isMember = false;
  #pending: PendingChanges | undefined;
  #held: StreamEvent[] = [];
  #heldBytes = 0;
  #hasLostHeld = false;

  /** @param startOver has it read its place anew: it missed something */
  constructor(id: string, target: Target, outlet: Outlet, startOver: (subscription: Subscription) => void) {
    this.id = id;
    this.target = target;
    this.#outlet = outlet;
    this.#startOver = startOver;
  }

  get isEnded(): boolean {
    return this.#phase === 'ended';
  }

  /** Nominal bytes that wait until the client has room. */
  get pendingBytes(): number {
    return this.#pending?.bytes ?? 0;
  }

  get hasPending(): boolean {
    return this.#pending?.isEmpty === false;
  }

  /** From now on events are held, until `finishReading`. */
  beginReading(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'reading';
    this.#held = [];
    this.#heldBytes = 0;
    this.#hasLostHeld = false;
    this.target.waiting.add(this);
  }

  /** True when more came meanwhile than is held: read again. */
  get hasLostHeld(): boolean {
    return this.#hasLostHeld;
  }

  /** What was read reaches up to `lastSeq`. Sends what was held beyond that, and goes live if its client keeps up. */
  finishReading(): void {
    if (this.#phase !== 'reading') return;
    const held = this.#held;
    this.#held = [];
    if (this.#outlet.hasRoom) {
      this.#sendNewer(held);
      this.#goLive();
    } else {
      this.#phase = 'slow';
      this.#keep(held);
      this.#outlet.becomeSlow();
    }
  }

  /** Its client keeps up again. */
  resumeLive(): void {
    if (this.#phase === 'slow') this.#goLive();
  }

  #goLive(): void {
    this.#phase = 'live';
    this.target.waiting.delete(this);
    this.target.live.add(this);
  }

  /** Its client is too slow: events wait here now. */
  goSlow(): void {
    if (this.#phase !== 'live') return;
    this.#phase = 'slow';
    this.target.live.delete(this);
    this.target.waiting.add(this);
  }

  deliver(batch: EventBatch): void {
    if (!this.#outlet.hasRoom) return this.#outlet.becomeSlow();
    if (batch.firstSeq === undefined || batch.firstSeq > this.lastSeq) this.#outlet.send(batch.frames, this.id);
    else this.#sendNewer(batch.events);
    if (batch.lastSeq !== undefined && batch.lastSeq > this.lastSeq) this.lastSeq = batch.lastSeq;
  }

  hold({ events }: EventBatch): void {
    if (this.#phase === 'slow') return this.#keep(events);
    if (this.#phase !== 'reading' || this.#hasLostHeld) return;
    for (const event of events) {
      this.#held.push(event);
      this.#heldBytes += event.json.length;
    }
    if (this.#heldBytes <= this.#outlet.limits.coalesceBytes) return;
    this.#hasLostHeld = true;
    this.#held = [];
  }

  missed(): void {
    if (this.#phase === 'reading') {
      this.#hasLostHeld = true;
      this.#held = [];
    } else if (this.#phase === 'live' || this.#phase === 'slow') {
      this.#phase = 'idle';
      this.target.live.delete(this);
      this.target.waiting.delete(this);
      this.#pending = undefined;
      this.#startOver(this);
    }
  }

  /** Takes out what may be sent next, oldest first. */
  takePending(maxBytes: number): readonly string[] {
    const taken = this.#pending?.take(maxBytes) ?? [];
    return taken.map(({ event, type }) => this.#changeFrame({ event, type }));
  }

  end(): void {
    this.#phase = 'ended';
    this.target.live.delete(this);
    this.target.waiting.delete(this);
    this.#held = [];
    this.#pending = undefined;
  }

  #keep(events: readonly StreamEvent[]): void {
    for (const event of events) {
      // A message is for those who listen and keep up.
      if (event.kind === 'message') this.#outlet.counters.dropped += 1;
      else if (event.seq > this.lastSeq) (this.#pending ??= new PendingChanges()).add(event);
    }
    this.#outlet.pendingChanged();
  }

  #sendNewer(events: readonly StreamEvent[]): void {
    const newer = events.filter((event) => event.kind === 'message' || event.seq > this.lastSeq);
    if (newer.length === 0) return;
    const head = frameHead(this.id);
    this.#outlet.sendFrames(newer.map((event) => (event.kind === 'message' ? head + messageBody(event) : this.#changeFrame({ event, type: event.type }))));
  }

  /** In the order of `seq`: each one continues what the client has. */
  sendChanges(changes: readonly StreamChangeEvent[]): void {
    if (changes.length > 0) this.#outlet.sendFrames(changes.map((event) => this.#changeFrame({ event, type: event.type })));
  }

  #changeFrame({ event, type }: MergedChange): string {
    const prevSeq = Math.min(this.lastSeq, event.seq - 1);
    this.lastSeq = event.seq;
    return frameHead(this.id) + changeBody(event, prevSeq, type);
  }
}
