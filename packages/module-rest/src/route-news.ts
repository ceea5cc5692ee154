import type { Clock, Logger, Timer } from '@motia/engine-core/contract';
import type { Route } from './route.js';

/** Changes that come this close together are one piece of news. */
const gatherMs = 50;
const mostListed = 20;

/** Tells the log which routes came and went: after a reload, and whenever something registers or leaves. */
export class RouteNews {
  readonly #logger: Logger;
  readonly #clock: Clock;
  /** By its name, `true` for a route that came. */
  readonly #changes = new Map<string, boolean>();
  #timer: Timer | undefined;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** What is served before and after a change. */
  changed(before: readonly Route[], after: readonly Route[]): void {
    const old = new Set(before.map(nameOf));
    const current = new Set(after.map(nameOf));
    for (const name of current) if (!old.has(name)) this.#note(name, true);
    for (const name of old) if (!current.has(name)) this.#note(name, false);
    if (this.#changes.size > 0) this.#timer ??= this.#clock.setTimeout(() => this.#tell(), gatherMs);
  }

  stop(): void {
    this.#clock.clear(this.#timer);
    this.#timer = undefined;
    this.#changes.clear();
  }

  /** A route that goes and comes back within one piece of news has not changed. */
  #note(name: string, hasCome: boolean): void {
    if (this.#changes.get(name) === !hasCome) this.#changes.delete(name);
    else this.#changes.set(name, hasCome);
  }

  #tell(): void {
    this.#timer = undefined;
    const came = [...this.#changes].filter(([, hasCome]) => hasCome).map(([name]) => name);
    const went = [...this.#changes].filter(([, hasCome]) => !hasCome).map(([name]) => name);
    this.#changes.clear();
    if (came.length + went.length === 0) return;
    this.#logger.info(`Routes changed: ${[...came.map((name) => `+ ${name}`), ...went.map((name) => `- ${name}`)].slice(0, mostListed).join(', ')}${came.length + went.length > mostListed ? ', …' : ''}`, { added: came.length, removed: went.length });
  }
}

function nameOf({ method, pattern }: Route): string {
  return `${method} ${pattern.path}`;
}
