import { defineRef } from './ref.js';
import type { LogSink } from './logger.js';
import type { Registration } from './functions.js';
import type { TraceContext } from '@motia/protocol';

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A span that is open. `context` is what callees get as parent. */
export interface OpenSpan {
  readonly context: TraceContext;
  setAttribute(key: string, value: string | number | boolean): void;
  event(name: string, attributes?: SpanAttributes): void;
  /** Idempotent. */
  end(outcome?: { readonly error?: unknown }): void;
}

export interface SpanOptions {
  readonly kind: SpanKind;
  readonly parent?: TraceContext;
  readonly attributes?: SpanAttributes;
  /** Epoch milliseconds, for what began before anyone could look: the wait in a queue. Default now. */
  readonly startedAtMs?: number;
}

export interface InstrumentOptions {
  readonly description?: string;
  /** UCUM: `ms`, `By`, `{message}`. */
  readonly unit?: string;
}
export interface Counter {
  add(value: number, attributes?: SpanAttributes): void;
}
export interface Histogram {
  record(value: number, attributes?: SpanAttributes): void;
}
export interface Measurement {
  readonly value: number;
  readonly attributes?: SpanAttributes;
}

/** Numbers about the engine. The same name twice is one instrument. Adding costs next to nothing while nobody collects. */
export interface Meter {
  counter(name: string, options?: InstrumentOptions): Counter;
  histogram(name: string, options?: InstrumentOptions): Histogram;
  /** `read` is called when somebody collects, on the engine's thread: it must be quick. */
  gauge(name: string, read: () => number | readonly Measurement[], options?: InstrumentOptions): Registration;
}

/** Makes spans. Without a sink every span is a shared no-op that only carries context on. */
export interface Telemetry {
  /** A new root context, sampled. */
  newTrace(): TraceContext;
  /** False while nobody records: callers skip building attributes. */
  readonly recording: boolean;
  startSpan(name: string, options: SpanOptions): OpenSpan;
  readonly meter: Meter;
}

/** What an observability module provides; the host routes spans, numbers, logs and workers' OTLP to it. Calls never throw and never await. */
export interface TelemetrySink extends LogSink {
  startSpan(name: string, options: SpanOptions): OpenSpan;
  /** Instruments made before the sink came are made again on its meter. Left out: numbers go nowhere. */
  readonly meter?: Meter;
  otlp(workerId: string, signal: 'traces' | 'metrics' | 'logs', payload: unknown): void;
}
export const TelemetrySinkRef = defineRef<TelemetrySink>('telemetry.sink');
