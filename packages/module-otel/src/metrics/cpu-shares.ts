import type { Measurement, WorkerInfo } from '@motia/engine-core/contract';

interface Told {
  readonly uptimeMs: number;
  readonly micros: number;
  /** Undefined after the first sign of life. */
  readonly percent: number | undefined;
}

/** How much of a processor each process took between what it told last and what it told before. */
export class CpuShares {
  #told: ReadonlyMap<string, Told> = new Map();

  read(workers: readonly Pick<WorkerInfo, 'id' | 'vitals'>[]): readonly Measurement[] {
    // Only of those that are there.
    this.#told = new Map(workers.flatMap(({ id, vitals }) => (vitals?.cpu === undefined ? [] : [[id, next(this.#told.get(id), vitals.uptimeMs, vitals.cpu.userMicros + vitals.cpu.systemMicros)]])));
    return [...this.#told].flatMap(([id, { percent }]) => (percent === undefined ? [] : [{ value: percent, attributes: { 'worker.id': id } }]));
  }
}

function next(before: Told | undefined, uptimeMs: number, micros: number): Told {
  if (before === undefined) return { uptimeMs, micros, percent: undefined };
  if (uptimeMs <= before.uptimeMs) return before;
  return { uptimeMs, micros, percent: Math.max(0, (micros - before.micros) / 10 / (uptimeMs - before.uptimeMs)) };
}
