import { inTrace } from '@motia/engine-core';
import { messageOf } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import type { Delivery } from '../job.js';
import type { JobStore, Settlement } from '../job-store.js';
import type { Endings } from './endings.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { LocalQueues } from './local-queues.js';
import { Run } from './run.js';
import { Runner, type RunnerParts } from './runner.js';
import type { PendingSettlement } from './turn.js';

export interface DeliveriesParts extends Omit<RunnerParts, 'leases' | 'queues' | 'settle'> {
  readonly store: Pick<JobStore, 'renew'>;
  readonly queues: LocalQueues;
  readonly endings: Endings;
  /** A result is to be told to the store. */
  readonly settle: (pending: PendingSettlement) => void;
  /** A job has ended for good. */
  readonly onEnded: () => void;
}

/** Deliveries that this engine was given, from the store's hand to the result that the store has taken. */
export class Deliveries {
  readonly leases: LeaseKeeper;
  readonly runner: Runner;
  readonly #parts: DeliveriesParts;

  constructor(parts: DeliveriesParts) {
    this.#parts = parts;
    const { clock, store, logger, queues } = parts;
    this.leases = new LeaseKeeper({
      clock, store,
      onLost: (run) => this.#lose(run),
      onError: (error) => logger.warn('Leases could not be renewed', { reason: messageOf(error) }),
    });
    this.runner = new Runner({ ...parts, leases: this.leases, queues: () => queues, settle: (run, end) => this.#settle(run, end) });
  }

  /** `text` is its data. `askedAtMs`, on the monotonic scale: its lease began no earlier. `isDraining`: it goes back at once. */
  accept(delivery: Delivery, text: string | undefined, { askedAtMs, isDraining }: { readonly askedAtMs: number; readonly isDraining: boolean }): void {
    const queue = this.#parts.queues.ofLane(delivery.lane);
    if (queue === undefined || text === undefined) {
      this.#parts.logger.error('A job was handed over that this engine does not know', { messageId: delivery.messageId });
      return;
    }
    const run = new Run(delivery, queue, text, askedAtMs + queue.options.visibilityMs);
    this.leases.hold(run);
    if (isDraining) this.#settle(run, { kind: 'again', delayMs: 0 });
    else this.runner.enter(run);
  }

  #settle(run: Run, end: Settlement['end']): void {
    const { delivery: { key, lease, lane, group, messageId }, queue } = run;
    this.#parts.settle({
      settlement: { key, lease, lane, queue: queue.id, ...(group === undefined ? {} : { group }), end },
      settled: (isOwn) => {
        this.leases.release(run);
        if (!isOwn) this.#refused(run);
        else if (end.kind !== 'again') {
          this.#parts.onEnded();
          this.#parts.endings.tell(messageId);
        }
      },
    });
  }

  /** A renewal found that somebody else has the job, or that it has ended. */
  #lose(run: Run): void {
    const error = queueErrors.LEASE_LOST({ messageId: run.delivery.messageId });
    inTrace(this.#parts.logger, run.context).warn('A lease was lost; its handler is told to stop', { code: error.code, messageId: run.delivery.messageId, delivery: run.delivery.lease });
    this.runner.lose(run);
  }

  /** The result of a delivery that is not this engine's any more: it changes nothing, and the trace shows it. */
  #refused(run: Run): void {
    const { messageId, lease } = run.delivery;
    const error = queueErrors.LEASE_LOST({ messageId });
    this.#parts.metrics.refused(run.queue);
    inTrace(this.#parts.logger, run.context).warn('A late result was refused', { code: error.code, messageId, delivery: lease });
  }
}
