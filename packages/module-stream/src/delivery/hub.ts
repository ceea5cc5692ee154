import type { StreamEvent } from '../stream-event.js';
import type { Place } from './frame-text.js';
import { Target } from './target.js';
import type { WriteTurn } from './write-turn.js';

/** Hands events to those who follow their group or their item. */
export class Hub {
  readonly #targets = new Map<string, Target>();
  readonly #turn: WriteTurn;
  readonly #onUseChanged: (isUsed: boolean) => void;

  /** @param onUseChanged told when the first follower comes and when the last one has gone */
  constructor(turn: WriteTurn, onUseChanged: (isUsed: boolean) => void = () => undefined) {
    this.#turn = turn;
    this.#onUseChanged = onUseChanged;
  }

  /** The target of a place, made if nobody uses it yet. Give it back with `release`, once. Throws what keeps events from coming: nobody follows then. */
  target(place: Place): Target {
    const key = keyOf(place.stream, place.group, place.item);
    let target = this.#targets.get(key);
    if (target === undefined) {
      if (this.#targets.size === 0) this.#onUseChanged(true);
      target = new Target(place);
      this.#targets.set(key, target);
    }
    target.users += 1;
    return target;
  }

  /** Forgets a target that nobody uses any more. */
  release(target: Target): void {
    target.users -= 1;
    if (target.users > 0) return;
    const { stream, group, item } = target.place;
    const key = keyOf(stream, group, item);
    this.#targets.delete(key);
    if (this.#targets.size === 0) this.#onUseChanged(false);
  }

  /** Timestamp that the next event of an item must exceed, as far as its followers here have seen. */
  timestampFloor(stream: string, group: string, item: string): number {
    return this.#targets.get(keyOf(stream, group, item))?.lastTimestamp ?? 0;
  }

  isFollowed(stream: string, group: string, item: string | undefined): boolean {
    return this.#targets.has(keyOf(stream, group, undefined)) || (item !== undefined && this.#targets.has(keyOf(stream, group, item)));
  }

  /** Events in the order of the store. Those of one place reach its followers together. */
  publish(events: readonly StreamEvent[]): void {
    if (this.#targets.size === 0) return;
    const byTarget = new Map<Target, StreamEvent[]>();
    for (const event of events) {
      this.#collect(byTarget, keyOf(event.stream, event.group, undefined), event);
      if (event.item !== undefined) this.#collect(byTarget, keyOf(event.stream, event.group, event.item), event);
    }
    if (byTarget.size === 1) for (const [target, own] of byTarget) target.publish(own);
    else this.#turn.run(() => byTarget.forEach((own, target) => target.publish(own)));
  }

  /** Events were lost before they came here: whoever follows anything has to read anew. */
  missed(): void {
    for (const target of [...this.#targets.values()]) target.missed();
  }

  /** To be called every second or so: snapshots are kept for those who join together, not for ever. */
  forgetSnapshots(): void {
    for (const target of this.#targets.values()) target.sharedSnapshot = undefined;
  }

  #collect(byTarget: Map<Target, StreamEvent[]>, key: string, event: StreamEvent): void {
    const target = this.#targets.get(key);
    if (target === undefined) return;
    const known = byTarget.get(target);
    if (known === undefined) byTarget.set(target, [event]);
    else known.push(event);
  }
}

/** Names hold no control characters, so nothing else has the same key. */
function keyOf(stream: string, group: string, item: string | undefined): string {
  return item === undefined ? `${stream}\n${group}` : `${stream}\n${group}\n${item}`;
}
