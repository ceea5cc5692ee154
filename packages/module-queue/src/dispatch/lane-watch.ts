import { messageOf, type Clock, type Logger } from '@motia/engine-core/contract';
import type { JobStore, LaneState } from '../job-store.js';
import { DueTimer } from './due-timer.js';
import type { LocalQueues } from './local-queues.js';
import type { LocalQueue } from './local-queue.js';

export interface LaneWatchParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: Pick<JobStore, 'lanes'>;
  readonly queues: LocalQueues;
  /** A queue may have work. */
  readonly onReady: (queue: LocalQueue) => void;
  /** Lanes were looked at, whatever they had. */
  readonly onLearnt: () => void;
}

/** Keeps what this engine knows of lanes in step with the store: what may be waiting, and when something becomes due. */
export class LaneWatch {
  readonly #parts: LaneWatchParts;
  readonly #due: DueTimer;
  #looks = 0;

  constructor(parts: LaneWatchParts) {
    this.#parts = parts;
    const { clock, queues, onReady } = parts;
    this.#due = new DueTimer(clock, () => queues.all(), { onDue: onReady, onLook: () => this.lookSoon() });
  }

  /** How often all lanes were looked at. */
  get looks(): number {
    return this.#looks;
  }

  /** As `look`, for callers that do not wait. */
  lookSoon(): void {
    this.look().catch((error: unknown) => this.#parts.logger.warn('The store could not be looked at', { reason: messageOf(error) }));
  }

  /** What the store knows of lanes: at the start, and after others changed something. */
  async look(): Promise<void> {
    const states = await this.#parts.store.lanes();
    this.#looks += 1;
    this.learn(states, { isOld: false });
  }

  /** Lanes as the store told. `isOld`: something newer may have been seen since, so that nothing that is wanted is taken back. */
  learn(states: readonly LaneState[], { isOld }: { readonly isOld: boolean }): void {
    const { clock, queues, onReady, onLearnt } = this.#parts;
    const nowMs = clock.monotonicMs();
    for (const state of states) {
      const lane = queues.lane(state);
      if (lane === undefined) continue;
      const dueAtMs = state.dueInMs === undefined ? undefined : nowMs + state.dueInMs;
      lane.hasReady = state.hasReady || (isOld && lane.hasReady);
      lane.dueAtMs = isOld && lane.dueAtMs !== undefined ? Math.min(lane.dueAtMs, dueAtMs ?? Infinity) : dueAtMs;
      if (lane.dueAtMs !== undefined) this.#due.expect(lane.dueAtMs);
      if (lane.hasReady) onReady(queues.find(state.queue) as LocalQueue);
    }
    onLearnt();
  }

  /** Waits for nothing to become due any more. */
  stop(): void {
    this.#due.stop();
  }
}
