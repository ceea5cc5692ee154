import type { InvokeOptions } from '../contract/functions.js';
import type { Counter, Histogram, Meter } from '../contract/telemetry.js';
import type { FunctionEntry } from './function-entry.js';

/** The durations of one function's calls that one kind of trigger made, by outcome. */
interface TriggerSeries {
  readonly trigger: string | undefined;
  readonly ok: Histogram;
  readonly error: Histogram;
}

/** `iii.invocation.duration`: every call, measured to its answer, by function, trigger type and outcome. Sampling of traces does not touch it. */
export class InvocationMetrics {
  readonly #durations: Histogram;
  readonly #deferred: Counter;
  /** By entry, so that the metrics of a function go with it. Nearly every function has one kind of trigger. */
  readonly #series = new WeakMap<FunctionEntry, TriggerSeries[]>();

  constructor(meter: Meter) {
    this.#durations = meter.histogram('iii.invocation.duration', { unit: 'ms', description: 'Time from the start of a call to its answer' });
    this.#deferred = meter.counter('iii.invocations.deferred.total', { description: 'Calls that were put on a queue' });
  }

  record(entry: FunctionEntry, options: InvokeOptions | undefined, durationMs: number, isError: boolean): void {
    // Put on a queue, not run.
    if (options?.action?.type === 'enqueue') {
      if (!isError) this.#deferred.add(1, { 'iii.function.id': entry.id });
      return;
    }
    const series = this.#find(entry, options?.trigger?.type);
    (isError ? series.error : series.ok).record(durationMs);
  }

  #find(entry: FunctionEntry, trigger: string | undefined): TriggerSeries {
    let all = this.#series.get(entry);
    if (all === undefined) {
      all = [];
      this.#series.set(entry, all);
    }
    for (const series of all) if (series.trigger === trigger) return series;
    const attributes = { 'iii.function.id': entry.id, ...(trigger === undefined ? {} : { 'iii.trigger.type': trigger }) };
    const made: TriggerSeries = {
      trigger,
      ok: this.#durations.with({ ...attributes, 'iii.outcome': 'ok' }),
      error: this.#durations.with({ ...attributes, 'iii.outcome': 'error' }),
    };
    all.push(made);
    return made;
  }
}
