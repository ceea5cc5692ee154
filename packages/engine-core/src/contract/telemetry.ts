import { defineRef } from './ref.js';
import type { LogLevel, LogSink } from './logger.js';
import type { Registration } from './functions.js';
import type { TraceContext } from '@motia/protocol';

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A span that is open. `context` is what callees get as parent. */
export interface OpenSpan {
  readonly context: TraceContext;
  /** False when nothing of it is kept (sampled out, no sink): callers may skip what only it would show. Default true. */
  readonly isRecording?: boolean;
  setAttribute(key: string, value: string | number | boolean): void;
  event(name: string, attributes?: SpanAttributes): void;
  /** Idempotent. */
  end(outcome?: SpanEnd): void;
}

/** How a span ended, and where its time went as far as its maker knows. */
export interface SpanEnd {
  readonly error?: unknown;
  /** When, on the monotonic scale of the clock, where the caller has looked at it already. Default now. */
  readonly clockMs?: number;
  /** Milliseconds before there was somebody to do it. */
  readonly waitMs?: number;
  /** Milliseconds in the handler, as the process that ran it measured them. */
  readonly handlerMs?: number;
  /** Milliseconds on the wire and in the event loops of both sides. */
  readonly transitMs?: number;
}

export interface SpanOptions {
  readonly kind: SpanKind;
  readonly parent?: TraceContext | undefined;
  readonly attributes?: SpanAttributes;
  /** Attributes that many spans have alike: one object for all of them, never changed, so that a sink can look at it once. */
  readonly common?: SpanAttributes;
  /** Epoch milliseconds, for what began before anyone could look: the wait in a queue. Default now. */
  readonly startedAtMs?: number;
  /** Now, on the monotonic scale of the clock, where the caller has looked at it already. */
  readonly clockMs?: number;
  /** Other traces that led to it: the messages of a batch, what a replay repeats. */
  readonly links?: readonly TraceContext[];
}

export interface InstrumentOptions {
  readonly description?: string;
  /** UCUM: `ms`, `By`, `{message}`. */
  readonly unit?: string;
}
export interface Counter {
  add(value: number, attributes?: SpanAttributes): void;
  /** The series of these attributes, for hot paths: looked up once and kept by the caller. */
  with(attributes: SpanAttributes): Counter;
}
export interface Histogram {
  record(value: number, attributes?: SpanAttributes): void;
  /** The series of these attributes, for hot paths: looked up once and kept by the caller. */
  with(attributes: SpanAttributes): Histogram;
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

/** How an observability module wants log lines on the console. What the program or its command line says wins. */
export interface ConsoleLines {
  readonly level?: LogLevel;
  readonly format?: 'auto' | 'pretty' | 'json';
  /** False leaves out what users' processes print and log. Default true. */
  readonly showsProcesses?: boolean;
}

/** What an observability module provides; the host routes spans, numbers, logs and workers' OTLP to it. Calls never throw and never await. */
export interface TelemetrySink extends LogSink {
  /** False: nothing is sent to it, as if it were not there. Read once. Default true. */
  readonly isEnabled?: boolean;
  /** Read once, before the first module starts. */
  readonly consoleLines?: ConsoleLines;
  startSpan(name: string, options: SpanOptions): OpenSpan;
  /** Instruments made before the sink came are made again on its meter. Left out: numbers go nowhere. */
  readonly meter?: Meter;
  otlp(workerId: string, signal: 'traces' | 'metrics' | 'logs', payload: unknown): void;
}
export const TelemetrySinkRef = defineRef<TelemetrySink>('telemetry.sink');

/** What counts as a secret, for whoever shows data that users stored. Provided by an observability module, with the names that its user added. */
export interface SecretRules {
  /**
   * Plain JSON data with a mark in place of every value that stands under the name of a secret, at every depth; `name` is what the whole stands under. Without secrets the
   * same object, never a changed one.
   */
  hide(name: string | undefined, value: unknown): unknown;
  /** True where that mark stands in such a place: storing it would overwrite the secret. */
  holdsHidden(name: string | undefined, value: unknown): boolean;
  /** Free text, such as the message of an error, without the secrets in it. */
  text(text: string): string;
}
export const SecretRulesRef = defineRef<SecretRules>('telemetry.secrets');
