import type { Counter, Histogram, InstrumentOptions, Measurement, Meter, SpanAttributes } from '../contract/telemetry.js';
import type { Registration } from '../contract/functions.js';
import { attributesKey } from './attributes-key.js';

type ReadGauge = () => number | readonly Measurement[];

/** Hands instruments out before anyone collects, and forwards them once somebody does. */
export class EngineMeter implements Meter {
  #target: Meter | undefined;
  readonly #counters = new Map<string, ForwardingCounter>();
  readonly #histograms = new Map<string, ForwardingHistogram>();
  readonly #gauges = new Set<ForwardingGauge>();

  forwardTo(target: Meter | undefined): void {
    this.#target = target;
    for (const instrument of [...this.#counters.values(), ...this.#histograms.values(), ...this.#gauges]) instrument.forwardTo(target);
  }

  counter(name: string, options?: InstrumentOptions): Counter {
    return entry(this.#counters, name, () => new ForwardingCounter(name, options, this.#target));
  }

  histogram(name: string, options?: InstrumentOptions): Histogram {
    return entry(this.#histograms, name, () => new ForwardingHistogram(name, options, this.#target));
  }

  gauge(name: string, read: ReadGauge, options?: InstrumentOptions): Registration {
    const gauge = new ForwardingGauge(name, read, options, this.#target);
    this.#gauges.add(gauge);
    return {
      dispose: () => {
        if (this.#gauges.delete(gauge)) gauge.forwardTo(undefined);
      },
    };
  }
}

class ForwardingCounter implements Counter {
  readonly #name: string;
  readonly #options: InstrumentOptions | undefined;
  readonly #series = new Map<string, CounterSeries>();
  #target: Counter | undefined;

  constructor(name: string, options: InstrumentOptions | undefined, meter: Meter | undefined) {
    this.#name = name;
    this.#options = options;
    this.forwardTo(meter);
  }

  forwardTo(meter: Meter | undefined): void {
    this.#target = meter?.counter(this.#name, this.#options);
    for (const series of this.#series.values()) series.forwardTo(this.#target);
  }

  add(value: number, attributes?: SpanAttributes): void {
    this.#target?.add(value, attributes);
  }

  with(attributes: SpanAttributes): Counter {
    return entry(this.#series, attributesKey(attributes), () => new CounterSeries(this, attributes, this.#target));
  }
}

/** A counter's series of one set of attributes. */
class CounterSeries implements Counter {
  readonly #whole: ForwardingCounter;
  readonly #attributes: SpanAttributes;
  #target: Counter | undefined;

  constructor(whole: ForwardingCounter, attributes: SpanAttributes, target: Counter | undefined) {
    this.#whole = whole;
    this.#attributes = attributes;
    this.forwardTo(target);
  }

  forwardTo(counter: Counter | undefined): void {
    this.#target = counter?.with(this.#attributes);
  }

  add(value: number, attributes?: SpanAttributes): void {
    this.#target?.add(value, attributes);
  }

  with(attributes: SpanAttributes): Counter {
    return this.#whole.with({ ...this.#attributes, ...attributes });
  }
}

class ForwardingHistogram implements Histogram {
  readonly #name: string;
  readonly #options: InstrumentOptions | undefined;
  readonly #series = new Map<string, HistogramSeries>();
  #target: Histogram | undefined;

  constructor(name: string, options: InstrumentOptions | undefined, meter: Meter | undefined) {
    this.#name = name;
    this.#options = options;
    this.forwardTo(meter);
  }

  forwardTo(meter: Meter | undefined): void {
    this.#target = meter?.histogram(this.#name, this.#options);
    for (const series of this.#series.values()) series.forwardTo(this.#target);
  }

  record(value: number, attributes?: SpanAttributes): void {
    this.#target?.record(value, attributes);
  }

  with(attributes: SpanAttributes): Histogram {
    return entry(this.#series, attributesKey(attributes), () => new HistogramSeries(this, attributes, this.#target));
  }
}

/** A histogram's series of one set of attributes. */
class HistogramSeries implements Histogram {
  readonly #whole: ForwardingHistogram;
  readonly #attributes: SpanAttributes;
  #target: Histogram | undefined;

  constructor(whole: ForwardingHistogram, attributes: SpanAttributes, target: Histogram | undefined) {
    this.#whole = whole;
    this.#attributes = attributes;
    this.forwardTo(target);
  }

  forwardTo(histogram: Histogram | undefined): void {
    this.#target = histogram?.with(this.#attributes);
  }

  record(value: number, attributes?: SpanAttributes): void {
    this.#target?.record(value, attributes);
  }

  with(attributes: SpanAttributes): Histogram {
    return this.#whole.with({ ...this.#attributes, ...attributes });
  }
}

class ForwardingGauge {
  readonly #name: string;
  readonly #read: ReadGauge;
  readonly #options: InstrumentOptions | undefined;
  #target: Registration | undefined;

  constructor(name: string, read: ReadGauge, options: InstrumentOptions | undefined, meter: Meter | undefined) {
    this.#name = name;
    this.#read = read;
    this.#options = options;
    this.forwardTo(meter);
  }

  forwardTo(meter: Meter | undefined): void {
    this.#target?.dispose();
    this.#target = meter?.gauge(this.#name, this.#read, this.#options);
  }
}

function entry<V>(map: Map<string, V>, name: string, make: () => V): V {
  const known = map.get(name);
  if (known !== undefined) return known;
  const made = make();
  map.set(name, made);
  return made;
}
