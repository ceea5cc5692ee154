import type { Clock, Timer } from '../contract/clock.js';

/** Something that ends at a time unless it is removed before. The links are ours; a node is in one list at most. */
export interface Expiring {
  expiresAtMs: number;
  expiryList: ExpiryList | undefined;
  expiryPrevious: Expiring | undefined;
  expiryNext: Expiring | undefined;
  /** Called once, after the node was removed. */
  onExpired(nowMs: number): void;
}

export interface ExpiryList {
  readonly delayMs: number;
  head: Expiring | undefined;
  tail: Expiring | undefined;
  timer: Timer | undefined;
}

/**
 * Deadlines for many short calls. Nodes with the same delay stand in one list, oldest first, and each list keeps one
 * timer for its oldest node: adding and removing are a few assignments and make no timer of their own, which is what
 * nearly every call needs, because it is answered long before its deadline.
 */
export class ExpiryTimers {
  readonly #clock: Clock;
  readonly #lists = new Map<number, ExpiryList>();
  #latest: ExpiryList | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `nowMs` is the clock's monotonic time, which the caller has already read. */
  add(node: Expiring, delayMs: number, nowMs: number): void {
    // Long delays share lists in steps of 8 ms, so that a node may be up to 8 ms late and the lists stay few.
    const key = delayMs <= 1000 ? Math.ceil(delayMs) : Math.ceil(delayMs / 8) * 8;
    const list = this.#latest !== undefined && this.#latest.delayMs === key ? this.#latest : this.#listFor(key);
    node.expiresAtMs = nowMs + delayMs;
    node.expiryList = list;
    node.expiryPrevious = list.tail;
    node.expiryNext = undefined;
    if (list.tail === undefined) list.head = node;
    else list.tail.expiryNext = node;
    list.tail = node;
    list.timer ??= this.#clock.setTimeout(() => this.#fire(list), Math.ceil(delayMs));
  }

  remove(node: Expiring): void {
    const list = node.expiryList;
    if (list === undefined) return;
    const { expiryPrevious: previous, expiryNext: next } = node;
    if (previous === undefined) list.head = next;
    else previous.expiryNext = next;
    if (next === undefined) list.tail = previous;
    else next.expiryPrevious = previous;
    node.expiryList = undefined;
    node.expiryPrevious = undefined;
    node.expiryNext = undefined;
  }

  /** Forgets every node without calling it. */
  stop(): void {
    for (const list of this.#lists.values()) {
      this.#clock.clear(list.timer);
      while (list.head !== undefined) this.remove(list.head);
    }
    this.#lists.clear();
    this.#latest = undefined;
  }

  #listFor(delayMs: number): ExpiryList {
    let list = this.#lists.get(delayMs);
    if (list === undefined) {
      list = { delayMs, head: undefined, tail: undefined, timer: undefined };
      this.#lists.set(delayMs, list);
    }
    this.#latest = list;
    return list;
  }

  #fire(list: ExpiryList): void {
    list.timer = undefined;
    const now = this.#clock.monotonicMs();
    while (list.head !== undefined && list.head.expiresAtMs <= now) {
      const node = list.head;
      this.remove(node);
      node.onExpired(now);
    }
    if (list.head !== undefined) {
      list.timer ??= this.#clock.setTimeout(() => this.#fire(list), Math.max(1, Math.ceil(list.head.expiresAtMs - now)));
      return;
    }
    if (list.timer !== undefined) return;
    this.#lists.delete(list.delayMs);
    if (this.#latest === list) this.#latest = undefined;
  }
}
