import {
  messageOf, type Clock, type FunctionRegistry, type HealthView, type Hold, type Logger, type Registration, type Telemetry, type Timer, type TriggerChange, type TriggerRegistry, type WorkerRegistry,
} from '@motia/engine-core/contract';
import { DeliveryRun, type DeliveryRunParts } from './delivery-run.js';
import type { ClaimedCall, ClaimTerms, DueCalls } from './due-calls.js';
import { ExpectedTriggers } from './expected-triggers.js';
import { TriggerGate } from './trigger-gate.js';
import { subscriptionOf, TriggerNews } from './trigger-news.js';

export interface TriggerDeliveryParts {
  /** The trigger type, as logs and metrics name it: `state`, `stream`. */
  readonly kind: string;
  readonly calls: DueCalls;
  readonly triggers: Pick<TriggerRegistry, 'checkCondition' | 'open'>;
  /** What becomes available wakes what waits for it. */
  readonly functions: Pick<FunctionRegistry, 'onChanged'>;
  readonly workers: Pick<WorkerRegistry, 'onChanged'>;
  /** Of the engine: once it is ready, apps have had time to register what they had before. */
  readonly health: HealthView;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Pick<Telemetry, 'meter' | 'recording' | 'startSpan'>;
  /** Of one call. Default 30,000. */
  readonly timeoutMs?: number;
  /** 0 to 1, for jitter. Default Math.random. */
  readonly random?: () => number;
}

/** Calls that run at one time, of all triggers. */
const maxRunning = 256;
/** Calls of one lane in a row, before it stands behind the others again. */
const maxInARow = 16;
const renewEveryMs = 3_000;
const longestSleepMs = 60_000;
const storeRetryMs = 1_000;
const expireEveryMs = 3_600_000;
/** How long a call may be due before it is given up. */
const keptMs = 7 * 86_400_000;

/**
 * Delivers due calls at least once: each trigger's calls of one key in order, everything else side by side. A call leaves the store when its function has
 * answered, when its condition blocked it, or when it is given up, which is logged. Nobody there to run it, a lost process and a killed
 * engine leave it due.
 */
export class TriggerDelivery {
  readonly #parts: TriggerDeliveryParts;
  readonly #run: DeliveryRunParts;
  readonly #gates = new Map<string, TriggerGate>();
  readonly #running = new Map<ClaimedCall['laneId'], DeliveryRun>();
  readonly #registrations: Registration[] = [];
  readonly #timers = new Set<Timer>();
  #wake: { readonly timer: Timer; readonly atMs: number } | undefined;
  readonly #hold: Hold;
  /** The first call that somebody here would run has its time still to come. */
  #isDueLater = false;
  #reserved = 0;
  #isOpen = false;
  /** What is unbound from now on is so because the engine ends. */
  #isEnding = false;
  #pumping: Promise<void> | undefined;
  #mustPumpAgain = false;
  #releasing: Promise<unknown> = Promise.resolve();
  readonly #expected: ExpectedTriggers;
  readonly #news: TriggerNews;
  #onIdle: (() => void) | undefined;

  constructor(parts: TriggerDeliveryParts) {
    this.#parts = parts;
    this.#hold = parts.clock.hold();
    this.#expected = new ExpectedTriggers({ ...parts, isBound: (id) => this.#gates.has(id), onChanged: () => void this.#news.tell() });
    this.#news = new TriggerNews({ ...parts, subscriptions: () => [...[...this.#gates.values()].map(({ trigger }) => subscriptionOf(trigger)), ...this.#expected.all()] });
    const outcomes = parts.telemetry.meter.counter('iii.triggers.calls', { description: 'Calls that stored changes owed to triggers, by what became of them.', unit: '{call}' });
    this.#run = { ...parts, outcomes, timeoutMs: parts.timeoutMs ?? 30_000, random: parts.random ?? Math.random };
  }

  /** What is due from before is delivered as soon as its triggers are there. */
  async start(): Promise<void> {
    const { calls, clock, functions, workers, telemetry, kind } = this.#parts;
    await calls.adopt();
    await this.#expected.start();
    this.#isOpen = true;
    const reopen = (): void => this.#reopenAll();
    this.#registrations.push(
      calls.onForeignChange(() => this.#pump()),
      calls.onEngineGone(() => void this.#expected.inherit().catch((error: unknown) => this.#storeFailed(error))),
      functions.onChanged(reopen),
      workers.onChanged(reopen),
      telemetry.meter.gauge(`iii.${kind}.triggers.due`, () => calls.count(), { description: 'Calls that stored changes owe to triggers, counted up to 10,000.', unit: '{call}' }),
    );
    this.#timers.add(clock.setInterval(() => void this.#expire(), expireEveryMs));
    if (calls.terms.leaseMs !== null) this.#timers.add(clock.setInterval(() => void this.#renew(), renewEveryMs));
    this.#pump();
  }

  /** For `apply` of the trigger type. */
  change({ added, removed }: TriggerChange): void {
    for (const { id } of removed) {
      const gate = this.#gates.get(id);
      if (gate === undefined) continue;
      this.#gates.delete(id);
      this.#release(gate.waiting.splice(0));
      if (this.#isEnding) this.#expected.add(subscriptionOf(gate.trigger));
    }
    for (const trigger of added) {
      this.#expected.meet(trigger.id);
      const known = this.#gates.get(trigger.id);
      if (known !== undefined) known.trigger = trigger;
      else this.#gates.set(trigger.id, new TriggerGate(trigger));
    }
    this.#pump();
    if (this.#isOpen) void this.#news.tell();
  }

  /** Triggers that are not bound here and are expected back: changes are owed to them as well. */
  get expected(): Pick<ExpectedTriggers, 'all' | 'concerning'> {
    return this.#expected;
  }

  /** Resolves once other engines on the store know of the last change as well. */
  published(): Promise<void> {
    return this.#news.told();
  }

  /**
   * Runs a change that may make calls due to these triggers: `make` gets the terms on which its command may claim them (for `addDueCalls`), or
   * undefined when enough is waiting already. What it answers as claimed is delivered at once. `make` is called before this returns.
   */
  async during<T extends { readonly claimed: readonly ClaimedCall[] }>(triggers: readonly { readonly id: string }[], make: (claim: ClaimTerms | undefined) => Promise<T>): Promise<T> {
    const count = triggers.length;
    if (count === 0) return make(undefined);
    const mayClaim = this.#isOpen && this.#room() >= count && triggers.every(({ id }) => this.#gates.get(id)?.isOpen === true);
    if (mayClaim) this.#reserved += count;
    try {
      const made = await make(mayClaim ? this.#parts.calls.terms : undefined);
      this.#accept(made.claimed);
      if (!mayClaim) this.#pump();
      return made;
    } finally {
      if (mayClaim) this.#reserved -= count;
    }
  }

  /** Something made calls due without claiming them: they are looked for. */
  look(): void {
    this.#pump();
  }

  /** The engine begins to end: what is unbound from now on is expected back. `drain` and `stop` say so, too. */
  expectEnd(): void {
    this.#isEnding = true;
  }

  /** Takes nothing new; resolves when what runs has ended. When the deadline passes, what still runs is cancelled and stays due. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#close();
    const cancel = (): void => this.#cancelAll();
    if (deadline.aborted) cancel();
    else deadline.addEventListener('abort', cancel, { once: true });
    await this.#idle();
    deadline.removeEventListener('abort', cancel);
  }

  /** Ends what still runs and gives everything back. Idempotent. */
  async stop(): Promise<void> {
    this.#close();
    this.#cancelAll();
    await this.#idle();
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.expectEnd();
    this.#news.close();
    this.#expected.stop();
    for (const registration of this.#registrations.splice(0)) registration.dispose();
    for (const timer of this.#timers) this.#parts.clock.clear(timer);
    this.#timers.clear();
    this.#parts.clock.clear(this.#wake?.timer);
    this.#wake = undefined;
    for (const gate of this.#gates.values()) this.#release(gate.waiting.splice(0));
    this.#keepAlive();
  }

  #cancelAll(): void {
    for (const run of this.#running.values()) run.cancel('the engine is stopping');
  }

  async #idle(): Promise<void> {
    await this.#pumping;
    await this.#news.told();
    await this.#releasing;
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.#releasing;
  }

  /** What runs, and what is tried again later, is done before the process ends. */
  #keepAlive(): void {
    this.#hold.set(this.#running.size > 0 || (this.#isOpen && this.#isDueLater));
  }

  #room(): number {
    return maxRunning - this.#running.size - this.#reserved;
  }

  #accept(calls: readonly ClaimedCall[]): void {
    const homeless: ClaimedCall[] = [];
    for (const call of calls) {
      // It came back to us while its last call was still running here: that one goes on, and takes the next ones.
      if (this.#running.has(call.laneId)) continue;
      const gate = this.#isOpen ? this.#gates.get(call.triggerId) : undefined;
      if (gate === undefined) homeless.push(call);
      else if (gate.room(this.#now()) > 0) this.#start(gate, call, 1);
      else if (gate.isOpen) gate.waiting.push(call);
      else homeless.push(call);
    }
    this.#release(homeless);
  }

  #start(gate: TriggerGate, call: ClaimedCall, inARow: number): void {
    const run = new DeliveryRun(this.#run, gate.trigger, call);
    gate.running += 1;
    this.#running.set(call.laneId, run);
    this.#keepAlive();
    run.ended.then(
      (end) => {
        gate.running -= 1;
        this.#running.delete(call.laneId);
        if (end.kind === 'unavailable') this.#pause(gate);
        else gate.reopen();
        if (end.kind === 'next') this.#goOn(gate, end.call, inARow);
        this.#onEnded(gate);
      },
      (error: unknown) => {
        // The store did not take the outcome: the call is still claimed, and is delivered again after the next start or the end of its lease.
        gate.running -= 1;
        this.#running.delete(call.laneId);
        this.#parts.logger.error('What became of a trigger call could not be written down; it will be delivered again', { type: this.#parts.kind, triggerId: call.triggerId, key: call.lane, reason: messageOf(error) });
        this.#after(storeRetryMs, () => this.#release([call]));
        this.#onEnded(gate);
      },
    );
  }

  /** What waits is given back: another engine may have somebody to run it. */
  #pause(gate: TriggerGate): void {
    gate.pause(this.#now(), this.#run.random());
    this.#release(gate.waiting.splice(0));
  }

  #goOn(gate: TriggerGate, next: ClaimedCall, inARow: number): void {
    if (this.#isOpen && this.#gates.get(next.triggerId) === gate && inARow < maxInARow) this.#start(gate, next, inARow + 1);
    else this.#release([next]);
  }

  #onEnded(gate: TriggerGate): void {
    if (this.#isOpen) {
      this.#startWaiting(gate);
      this.#pump();
    }
    this.#keepAlive();
    if (this.#running.size === 0) this.#onIdle?.();
  }

  /** Gives lanes back. Failing to is harmless: they are free again after the next start, or when their lease ends. */
  #release(calls: readonly ClaimedCall[]): void {
    if (calls.length === 0) return;
    const released = this.#parts.calls.release(calls.map(({ laneId }) => laneId)).then(() => this.#pump(), (error: unknown) => this.#storeFailed(error));
    this.#releasing = Promise.all([this.#releasing, released]);
  }

  #after(delayMs: number, action: () => void): void {
    if (!this.#isOpen) return;
    const timer = this.#parts.clock.setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }

  /** Looks for lanes to claim, one look at a time. */
  #pump(): void {
    if (!this.#isOpen) return;
    if (this.#pumping !== undefined) {
      this.#mustPumpAgain = true;
      return;
    }
    this.#pumping = this.#claimMore()
      .catch((error: unknown) => this.#storeFailed(error))
      .finally(() => {
        this.#pumping = undefined;
        this.#keepAlive();
        if (this.#mustPumpAgain) {
          this.#mustPumpAgain = false;
          this.#pump();
        }
      });
  }

  async #claimMore(): Promise<void> {
    const { calls, clock } = this.#parts;
    const now = this.#now();
    let room = this.#room();
    const wanted: { triggerId: string; limit: number }[] = [];
    let reopensAtMs = Number.POSITIVE_INFINITY;
    for (const [triggerId, gate] of this.#gates) {
      if (gate.pausedUntilMs > now) reopensAtMs = Math.min(reopensAtMs, gate.pausedUntilMs);
      const limit = Math.min(room, gate.appetite(now));
      if (limit <= 0) continue;
      wanted.push({ triggerId, limit });
      room -= limit;
    }
    if (reopensAtMs < Number.POSITIVE_INFINITY) this.#sleep(reopensAtMs - now);
    if (wanted.length === 0) {
      this.#isDueLater = false;
      return;
    }
    const readyAtMs = await calls.nextReadyAtMs(wanted.map(({ triggerId }) => triggerId));
    const inMs = readyAtMs === undefined ? undefined : readyAtMs - clock.now();
    this.#isDueLater = inMs !== undefined && inMs > 0;
    if (inMs === undefined) return;
    if (inMs > 0) return this.#sleep(Math.min(inMs, reopensAtMs - now));
    const { calls: claimed, damaged } = await calls.claim(wanted);
    this.#accept(claimed);
    // A full answer may have left others behind.
    if (claimed.length + damaged.length > 0) this.#mustPumpAgain = true;
  }

  /** Looks again after a while, or earlier. */
  #sleep(delayMs: number): void {
    if (!this.#isOpen) return;
    const { clock } = this.#parts;
    const afterMs = Math.min(longestSleepMs, Math.max(1, delayMs));
    const atMs = this.#now() + afterMs;
    if (this.#wake !== undefined && this.#wake.atMs <= atMs) return;
    clock.clear(this.#wake?.timer);
    const timer = clock.setTimeout(() => {
      this.#wake = undefined;
      for (const gate of this.#gates.values()) this.#startWaiting(gate);
      this.#pump();
    }, afterMs);
    this.#wake = { timer, atMs };
  }

  #startWaiting(gate: TriggerGate): void {
    while (gate.waiting.length > 0 && gate.room(this.#now()) > 0) this.#start(gate, gate.waiting.shift() as ClaimedCall, 1);
  }

  #reopenAll(): void {
    let wasClosed = false;
    for (const gate of this.#gates.values()) {
      wasClosed ||= gate.pausedUntilMs > this.#now();
      gate.reopen();
    }
    if (wasClosed) this.#sleep(0);
  }

  async #renew(): Promise<void> {
    const held = [...this.#running.keys(), ...[...this.#gates.values()].flatMap(({ waiting }) => waiting.map(({ laneId }) => laneId))];
    if (held.length === 0) return;
    try {
      const lost = new Set(await this.#parts.calls.renew(held));
      if (lost.size === 0) return;
      for (const laneId of lost) this.#running.get(laneId)?.cancel('another engine has taken the call over');
      for (const { waiting } of this.#gates.values()) waiting.splice(0, waiting.length, ...waiting.filter(({ laneId }) => !lost.has(laneId)));
    } catch (error) {
      this.#storeFailed(error);
    }
  }

  async #expire(): Promise<void> {
    const { calls, clock, logger, kind } = this.#parts;
    try {
      for (const { triggerId, functionId, lane, createdAtMs } of await calls.expire(clock.now() - keptMs)) {
        this.#run.outcomes.add(1, { type: kind, outcome: 'dropped' });
        logger.error('A trigger call is given up: nobody took it for 7 days', { type: kind, triggerId, functionId, key: lane, dueSince: new Date(createdAtMs).toISOString() });
      }
    } catch (error) {
      this.#storeFailed(error);
    }
  }

  #storeFailed(error: unknown): void {
    if (!this.#isOpen) return;
    this.#parts.logger.error('Due trigger calls cannot be read or written; trying again', { type: this.#parts.kind, reason: messageOf(error) });
    this.#sleep(storeRetryMs);
  }

  #now(): number {
    return this.#parts.clock.monotonicMs();
  }
}
