import { attributesKey } from '@motia/engine-core';
import type { Counter, Histogram, InstrumentOptions, Measurement, Meter, Registration, SpanAttributes } from '@motia/engine-core/contract';
import { HistogramSeries } from './histogram-series.js';
import type { MetricData, MetricPoint, SeriesData } from './metric-data.js';

/** Sets of attributes of one instrument that are told apart; further ones are counted together. */
export const mostSeries = 2_000;
const overflow: SpanAttributes = { 'otel.metric.overflow': true };
const noAttributes: SpanAttributes = {};

class CounterSeries implements Counter {
  value = 0;
  reported = 0;

  constructor(readonly attributes: SpanAttributes, private readonly instrument: CounterInstrument) {}

  add(value: number, attributes?: SpanAttributes): void {
    if (attributes !== undefined) this.with(attributes).add(value);
    else if (value > 0 && Number.isFinite(value)) this.value += value;
  }

  with(attributes: SpanAttributes): CounterSeries {
    return this.instrument.with({ ...this.attributes, ...attributes });
  }
}

class BoundHistogram implements Histogram {
  readonly values = new HistogramSeries();

  constructor(readonly attributes: SpanAttributes, private readonly instrument: HistogramInstrument) {}

  record(value: number, attributes?: SpanAttributes): void {
    if (attributes === undefined) this.values.record(value);
    else this.with(attributes).values.record(value);
  }

  with(attributes: SpanAttributes): BoundHistogram {
    return this.instrument.with({ ...this.attributes, ...attributes });
  }
}

/** Series of one instrument by their attributes. */
abstract class Instrument<S> {
  readonly series = new Map<string, S>();

  constructor(readonly name: string, readonly options: InstrumentOptions) {}

  with(attributes: SpanAttributes): S {
    const key = attributesKey(attributes);
    const known = this.series.get(key);
    if (known !== undefined) return known;
    const hasRoom = this.series.size < mostSeries;
    if (!hasRoom && attributes !== overflow) return this.with(overflow);
    const made = this.make(attributes);
    this.series.set(key, made);
    return made;
  }

  protected abstract make(attributes: SpanAttributes): S;
}

class CounterInstrument extends Instrument<CounterSeries> implements Counter {
  add(value: number, attributes: SpanAttributes = noAttributes): void {
    this.with(attributes).add(value);
  }

  protected make(attributes: SpanAttributes): CounterSeries {
    return new CounterSeries(attributes, this);
  }
}

class HistogramInstrument extends Instrument<BoundHistogram> implements Histogram {
  record(value: number, attributes: SpanAttributes = noAttributes): void {
    this.with(attributes).values.record(value);
  }

  protected make(attributes: SpanAttributes): BoundHistogram {
    return new BoundHistogram(attributes, this);
  }
}

interface Gauge {
  readonly name: string;
  readonly read: () => number | readonly Measurement[];
  readonly options: InstrumentOptions;
}

/** The numbers of the engine: counted as they come, looked at now and then. */
export class MetricMeter implements Meter {
  readonly #counters = new Map<string, CounterInstrument>();
  readonly #histograms = new Map<string, HistogramInstrument>();
  readonly #gauges = new Set<Gauge>();

  counter(name: string, options: InstrumentOptions = {}): Counter {
    return known(this.#counters, name, () => new CounterInstrument(name, options));
  }

  histogram(name: string, options: InstrumentOptions = {}): Histogram {
    return known(this.#histograms, name, () => new HistogramInstrument(name, options));
  }

  gauge(name: string, read: Gauge['read'], options: InstrumentOptions = {}): Registration {
    const gauge = { name, read, options };
    this.#gauges.add(gauge);
    return { dispose: () => void this.#gauges.delete(gauge) };
  }

  /** Everything as it stands now. */
  collect(): readonly MetricData[] {
    const counters = [...this.#counters.values()].map((instrument) => describe(instrument, 'counter', [...instrument.series.values()].map(({ attributes, value }) => ({ attributes, value }))));
    const histograms = [...this.#histograms.values()].map((instrument) =>
      describe(instrument, 'histogram', [...instrument.series.values()].map(({ attributes, values }) => ({ attributes, distribution: values.total() }))),
    );
    const gauges = new Map<string, { readonly gauge: Gauge; readonly series: SeriesData[] }>();
    for (const gauge of this.#gauges) {
      const entry = known(gauges, gauge.name, () => ({ gauge, series: [] as SeriesData[] }));
      entry.series.push(...readGauge(gauge).slice(0, mostSeries));
    }
    return [...counters, ...histograms, ...[...gauges.values()].map(({ gauge, series }) => describe(gauge, 'gauge', series))];
  }

  /** What happened since the last time. */
  takePoints(timeMs: number): readonly MetricPoint[] {
    const points: MetricPoint[] = [];
    for (const { name, series } of this.#counters.values()) {
      for (const each of series.values()) {
        const added = each.value - each.reported;
        if (added === 0) continue;
        each.reported = each.value;
        points.push({ timeMs, metric: name, kind: 'counter', attributes: each.attributes, value: added });
      }
    }
    for (const { name, series } of this.#histograms.values()) {
      for (const { attributes, values } of series.values()) {
        const distribution = values.takeNew();
        if (distribution !== undefined) points.push({ timeMs, metric: name, kind: 'histogram', attributes, distribution });
      }
    }
    for (const gauge of this.#gauges) for (const { attributes, value = 0 } of readGauge(gauge)) points.push({ timeMs, metric: gauge.name, kind: 'gauge', attributes, value });
    return points;
  }
}

function readGauge({ read }: Gauge): readonly SeriesData[] {
  try {
    const value = read();
    const all = typeof value === 'number' ? [{ value }] : value;
    return all.filter((each) => Number.isFinite(each.value)).map((each: Measurement) => ({ attributes: each.attributes ?? noAttributes, value: each.value }));
  } catch {
    // A gauge that cannot be read shows nothing.
    return [];
  }
}

function describe({ name, options }: { readonly name: string; readonly options: InstrumentOptions }, kind: MetricData['kind'], series: readonly SeriesData[]): MetricData {
  return { name, kind, unit: options.unit ?? '', description: options.description ?? '', series };
}

function known<V>(map: Map<string, V>, name: string, make: () => V): V {
  const found = map.get(name);
  if (found !== undefined) return found;
  const made = make();
  map.set(name, made);
  return made;
}
