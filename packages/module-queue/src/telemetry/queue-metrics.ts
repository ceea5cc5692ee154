import type { Counter, Histogram, Measurement, Meter, Registration } from '@motia/engine-core/contract';
import type { LocalQueue } from '../dispatch/local-queue.js';
import { queueLabel } from '../job.js';
import type { QueueStats } from '../job-store.js';

const ends = ['completed', 'skipped', 'failed', 'crashed', 'released', 'lost'] as const;
/** How a delivery ended, as metrics name it. */
export type DeliveryEnd = (typeof ends)[number];

/** The instruments of one queue, found once. */
interface Series {
  readonly wait: Histogram;
  readonly duration: Histogram;
  readonly ended: Readonly<Record<DeliveryEnd, Counter>>;
}

/** Numbers about queues, each with the attribute `queue`. */
export class QueueMetrics {
  readonly #enqueued: Counter;
  readonly #deliveries: Counter;
  readonly #dead: Counter;
  readonly #refused: Counter;
  readonly #wait: Histogram;
  readonly #duration: Histogram;
  readonly #gauges: readonly Registration[];
  readonly #series = new WeakMap<LocalQueue, Series>();
  readonly #look: () => Promise<readonly QueueStats[]>;
  #stats: readonly QueueStats[] = [];
  #isLooking = false;

  constructor(meter: Meter, { held, now, stats: look }: { readonly held: () => number; readonly now: () => number; readonly stats: () => Promise<readonly QueueStats[]> }) {
    this.#look = look;
    this.#enqueued = meter.counter('iii.queue.enqueued', { unit: '{message}', description: 'Messages accepted.' });
    this.#deliveries = meter.counter('iii.queue.deliveries', { unit: '{delivery}', description: 'Deliveries that ended, by `outcome`.' });
    this.#dead = meter.counter('iii.queue.given_up', { unit: '{message}', description: 'Messages that were given up.' });
    this.#refused = meter.counter('iii.queue.late_results', { unit: '{result}', description: 'Results refused because their lease was lost.' });
    this.#wait = meter.histogram('iii.queue.wait', { unit: 'ms', description: 'From when a message could run to when its handler was called.' });
    this.#duration = meter.histogram('iii.queue.run', { unit: 'ms', description: 'How long handlers took.' });
    const each = (read: (stats: QueueStats) => number) => (): readonly Measurement[] => {
      this.#refresh();
      return this.#stats.map((stats) => ({ value: read(stats), attributes: { queue: queueLabel(stats) } }));
    };
    this.#gauges = [
      meter.gauge('iii.queue.leases', held, { unit: '{lease}', description: 'Deliveries that this engine holds.' }),
      meter.gauge('iii.queue.depth', each(({ depth }) => depth), { unit: '{message}', description: 'Messages that have not ended.' }),
      meter.gauge('iii.queue.dead_letters', each(({ dead, blocked }) => dead + blocked), { unit: '{message}', description: 'Dead letters that nobody has dealt with.' }),
      meter.gauge('iii.queue.oldest_age', each(({ oldestReadyAtMs }) => (oldestReadyAtMs === undefined ? 0 : Math.max(0, now() - oldestReadyAtMs))), { unit: 'ms', description: 'Age of the message that has waited longest.' }),
    ];
  }

  /** Looks for the next reading: reading itself must be quick. Nobody who does not read pays for it. */
  #refresh(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#look().then(
      (stats) => {
        this.#stats = stats;
        this.#isLooking = false;
      },
      () => void (this.#isLooking = false),
    );
  }

  enqueued(target: string, count: number): void {
    this.#enqueued.add(count, { queue: target });
  }

  started(queue: LocalQueue, waitedMs: number): void {
    this.#of(queue).wait.record(Math.max(0, waitedMs));
  }

  ended(queue: LocalQueue, outcome: DeliveryEnd, tookMs: number): void {
    const series = this.#of(queue);
    series.ended[outcome].add(1);
    series.duration.record(tookMs);
  }

  dead(queue: LocalQueue): void {
    this.#dead.add(1, { queue: queue.label });
  }

  refused(queue: LocalQueue): void {
    this.#refused.add(1, { queue: queue.label });
  }

  #of(queue: LocalQueue): Series {
    let series = this.#series.get(queue);
    if (series === undefined) {
      const about = { queue: queue.label };
      series = {
        wait: this.#wait.with(about),
        duration: this.#duration.with(about),
        ended: Object.fromEntries(ends.map((outcome) => [outcome, this.#deliveries.with({ ...about, outcome })])) as Series['ended'],
      };
      this.#series.set(queue, series);
    }
    return series;
  }

  stop(): void {
    for (const gauge of this.#gauges) gauge.dispose();
  }
}
