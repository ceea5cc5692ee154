import type { Call } from './call.js';

/**
 * Calls in the order in which they came, by links that they carry themselves: neither adding nor removing makes anything, and a call
 * that was removed is held by nothing. A call is in one list at most.
 */
export class CallList {
  size = 0;
  #newest: Call | undefined;

  add(call: Call): void {
    call.listOlder = this.#newest;
    if (this.#newest !== undefined) this.#newest.listNewer = call;
    this.#newest = call;
    this.size += 1;
  }

  /** Does nothing for a call that is in no list. */
  remove(call: Call): void {
    const { listNewer: newer, listOlder: older } = call;
    if (newer !== undefined) newer.listOlder = older;
    else if (this.#newest === call) this.#newest = older;
    else return;
    if (older !== undefined) older.listNewer = newer;
    call.listNewer = undefined;
    call.listOlder = undefined;
    this.size -= 1;
  }

  /** Newest first. The call that is being looked at must not be removed. */
  *[Symbol.iterator](): IterableIterator<Call> {
    for (let call = this.#newest; call !== undefined; call = call.listOlder) yield call;
  }
}
