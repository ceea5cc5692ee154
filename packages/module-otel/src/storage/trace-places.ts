import { comparePlaces, writeCursor } from '../query/cursor.js';
import { FirstPlaces } from '../query/first-places.js';
import { sortName, type TraceQuery } from '../query/trace-query.js';
import type { ListedTrace, TracePage } from './trace-store.js';

/** A trace that matches, before its page is known. */
export interface TraceCandidate {
  readonly key: string | number;
  readonly id: string;
  /** Undefined when it had to make room meanwhile. */
  load(): ListedTrace | undefined;
}

/** Takes any number of traces that match a query, and gives the page that it asks for: only what stands on it is loaded. */
export class TracePlaces {
  readonly #query: TraceQuery;
  readonly #skipped: number;
  readonly #first: FirstPlaces<TraceCandidate>;
  #total = 0;

  constructor(query: TraceQuery) {
    const { after, isAscending, offset, limit } = query;
    this.#query = query;
    this.#skipped = after === undefined ? offset : 0;
    // One more than the page shows whether there is another one.
    this.#first = new FirstPlaces(this.#skipped + limit + 1, (a, b) => comparePlaces(a, b, isAscending));
  }

  add(candidate: TraceCandidate): void {
    const { after, isAscending } = this.#query;
    this.#total += 1;
    if (after === undefined || comparePlaces(candidate, after, isAscending) > 0) this.#first.add(candidate);
  }

  /** Whether a match with this key may stand on the page. If not, `count` is all that it needs. */
  mayShow(key: string | number): boolean {
    const { after, isAscending } = this.#query;
    if (after !== undefined && key !== after.key && key < after.key === isAscending) return false;
    const { last } = this.#first;
    return last === undefined || key === last.key || key < last.key === isAscending;
  }

  /** A match that does not. */
  count(): void {
    this.#total += 1;
  }

  page(): TracePage {
    const { limit, order, isAscending } = this.#query;
    const found = this.#first.sorted().slice(this.#skipped);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      traces: page.map((candidate) => candidate.load()).filter((trace) => trace !== undefined),
      total: this.#total,
      nextCursor: last === undefined || found.length <= limit ? undefined : writeCursor({ sort: sortName(order, isAscending), key: last.key, id: last.id }),
    };
  }
}
