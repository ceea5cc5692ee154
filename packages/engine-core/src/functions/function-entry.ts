import type { FunctionSpec } from '@motia/protocol';
import type { FunctionHandler, FunctionInfo, FunctionStats } from '../contract/functions.js';
import type { Call } from './call.js';
import type { FunctionHolder, HeldFunction } from './call-runner.js';
import { SpanFrames } from './span-frames.js';

/** Above this size a pool is sampled instead of scanned. */
const scannedPoolSize = 16;

/**
 * One function id that is known: a handler in this process, or a pool of workers, or the memory of workers that were
 * lost and are expected back. `serving` holds who may get calls now, `absent` who is remembered.
 */
export class FunctionEntry {
  spec: FunctionSpec;
  owner: string;
  readonly handler: FunctionHandler | undefined;
  readonly serving: HeldFunction[] = [];
  readonly absent: HeldFunction[] = [];
  /** Calls that wait for a worker to come back, oldest first. */
  parked: Set<Call> | undefined = undefined;
  /** Calls that wait for a worker to keep up, oldest first. */
  crowded: Set<Call> | undefined = undefined;

  calls = 0;
  errors = 0;
  inFlight = 0;
  totalDurationMs = 0;
  maxDurationMs = 0;
  #next = 0;
  #spanFrames: SpanFrames | undefined;
  #deferredSpanFrames: SpanFrames | undefined = undefined;

  constructor(spec: FunctionSpec, owner: string, handler?: FunctionHandler, spanFrames?: SpanFrames) {
    this.spec = spec;
    this.owner = owner;
    this.handler = handler;
    this.#spanFrames = spanFrames;
  }

  get id(): string {
    return this.spec.id;
  }

  /** Made when the first span is. */
  get spanFrames(): SpanFrames {
    return (this.#spanFrames ??= new SpanFrames(this.id, this.handler === undefined ? 'worker' : 'internal'));
  }

  /** Of its calls that are put on a queue, which the engine does itself. */
  get deferredSpanFrames(): SpanFrames {
    return (this.#deferredSpanFrames ??= new SpanFrames(this.id, 'internal'));
  }

  get isKnown(): boolean {
    return this.handler !== undefined || this.serving.length > 0 || this.absent.length > 0;
  }

  /** The least busy worker with room, or without where none has any; equals take turns. Undefined while all are away. */
  pick(): FunctionHolder | undefined {
    const { serving } = this;
    const size = serving.length;
    if (size <= 1) return serving[0]?.holder;
    this.#next = (this.#next + 1) % size;
    const looked = size <= scannedPoolSize ? size : 2;
    const step = looked === size ? 1 : 1 + (this.calls % (size - 1));
    let best: FunctionHolder | undefined;
    for (let offset = 0; offset < looked; offset += 1) {
      const holder = serving[(this.#next + offset * step) % size]?.holder;
      if (holder !== undefined && (best === undefined || holder.inFlight < best.inFlight)) best = holder;
    }
    return best?.hasRoom === false ? (serving.find(({ holder }) => holder.hasRoom)?.holder ?? best) : best;
  }

  addServing(held: HeldFunction): void {
    this.remove(held.holder);
    this.serving.push(held);
    this.#publish();
  }

  /** The worker is gone and expected back: calls wait for it. */
  addAbsent(held: HeldFunction): void {
    this.remove(held.holder);
    this.absent.push(held);
    this.#publish();
  }

  remove(holder: FunctionHolder): void {
    removeHolder(this.serving, holder);
    removeHolder(this.absent, holder);
    this.#publish();
  }

  info(): FunctionInfo {
    return {
      ...this.spec,
      internal: this.handler !== undefined,
      owner: this.owner,
      workerIds: this.serving.map(({ holder }) => holder.id),
      stats: this.stats(),
    };
  }

  stats(): FunctionStats {
    const { calls, errors, inFlight, totalDurationMs, maxDurationMs } = this;
    return { calls, errors, inFlight, totalDurationMs, maxDurationMs };
  }

  /** The description and schemas of the newest ready generation are the function's; of the remembered ones only when none is ready. */
  #publish(): void {
    let newest: HeldFunction | undefined;
    for (const held of this.serving.length > 0 ? this.serving : this.absent) {
      if (newest === undefined || held.holder.sequence >= newest.holder.sequence) newest = held;
    }
    if (newest === undefined) return;
    this.spec = newest.spec;
    this.owner = newest.holder.owner;
  }
}

function removeHolder(list: HeldFunction[], holder: FunctionHolder): void {
  const index = list.findIndex((held) => held.holder === holder);
  if (index >= 0) list.splice(index, 1);
}
