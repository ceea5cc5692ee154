/** A moment at which the clocks of a zone are changed. */
export interface Transition {
  readonly atMs: number;
  /** Milliseconds to add to UTC before and from then on. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

const dayMs = 86_400_000;
/** No clock was ever set by more than a day; slots this near to a change are looked at with it in mind. */
export const transitionReachMs = 2 * dayMs;

/** The clock of an IANA zone, by the tables that Node brings. */
export class TimeZone {
  /** As it was asked for: the tables may call `Asia/Kolkata` by an older name. */
  readonly name: string;
  readonly isUtc: boolean;
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, readonly Transition[]>();

  /** @throws RangeError for a name that the tables do not have */
  constructor(name: string) {
    // Offsets such as +02:00 work in some versions of Node only, and are no zones.
    if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) throw new RangeError(`not a time zone: ${name}`);
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name, calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
    this.name = name;
    this.isUtc = this.#format.resolvedOptions().timeZone === 'UTC';
  }

  /** Milliseconds to add to UTC for what the clocks of the zone show at an instant. */
  offsetAt(instantMs: number): number {
    if (this.isUtc) return 0;
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(instantMs)) part[type] = Number(value);
    const shown = Date.UTC(part['year'] ?? 0, (part['month'] ?? 1) - 1, part['day'], part['hour'], part['minute'], part['second']);
    return shown - Math.floor(instantMs / 1000) * 1000;
  }

  /** The last change of the clocks at or before an instant, if it is near. */
  recentTransition(instantMs: number): Transition | undefined {
    return this.#between(instantMs - transitionReachMs, instantMs).at(-1);
  }

  /** The first change of the clocks after an instant and not after `untilMs`. */
  nextTransition(instantMs: number, untilMs: number): Transition | undefined {
    return this.#between(instantMs, untilMs)[0];
  }

  /** Changes in (from, to]. */
  #between(fromMs: number, toMs: number): readonly Transition[] {
    if (this.isUtc) return [];
    const found: Transition[] = [];
    const lastYear = new Date(toMs).getUTCFullYear();
    for (let year = new Date(fromMs).getUTCFullYear(); year <= lastYear; year += 1) {
      for (const transition of this.#ofYear(year)) if (transition.atMs > fromMs && transition.atMs <= toMs) found.push(transition);
    }
    return found;
  }

  #ofYear(year: number): readonly Transition[] {
    let known = this.#years.get(year);
    if (known === undefined) {
      known = this.#search(Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
      // One entry a year and zone; a search through centuries would keep them all.
      if (this.#years.size >= 32) this.#years.clear();
      this.#years.set(year, known);
    }
    return known;
  }

  /** Looks at every midnight, and halves the days between which the offset differs. */
  #search(startMs: number, endMs: number): readonly Transition[] {
    const found: Transition[] = [];
    let beforeMs = this.offsetAt(startMs - 1);
    let lowMs = startMs - 1000;
    for (let highMs = startMs; highMs < endMs; highMs = Math.min(highMs + dayMs, endMs)) {
      const afterMs = this.offsetAt(highMs);
      if (afterMs !== beforeMs) found.push({ atMs: this.#boundary(lowMs, highMs, beforeMs), beforeMs, afterMs });
      beforeMs = afterMs;
      lowMs = highMs;
    }
    const lastMs = this.offsetAt(endMs - 1);
    if (lastMs !== beforeMs) found.push({ atMs: this.#boundary(lowMs, endMs - 1000, beforeMs), beforeMs, afterMs: lastMs });
    return found;
  }

  /** The first second from which the offset is another. `low` has the old one, `high` the new one. */
  #boundary(lowMs: number, highMs: number, beforeMs: number): number {
    let low = lowMs;
    let high = highMs;
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (this.offsetAt(middle) === beforeMs) low = middle;
      else high = middle;
    }
    return high;
  }
}

const zones = new Map<string, TimeZone>();

/** The zone of that name, made once. @throws RangeError */
export function timeZone(name: string): TimeZone {
  let zone = zones.get(name);
  if (zone === undefined) zones.set(name, (zone = new TimeZone(name)));
  return zone;
}
