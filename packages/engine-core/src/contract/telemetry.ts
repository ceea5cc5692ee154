import { defineRef } from './ref.js';
import type { LogSink } from './logger.js';
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

/** Makes spans. Without a sink every span is a shared no-op that only carries context on. */
export interface Telemetry {
  /** A new root context, sampled. */
  newTrace(): TraceContext;
  /** False while nobody records: callers skip building attributes. */
  readonly recording: boolean;
  startSpan(name: string, options: { readonly kind: SpanKind; readonly parent?: TraceContext; readonly attributes?: SpanAttributes }): OpenSpan;
}

/** What an observability module provides; the host routes spans, logs and workers' OTLP to it. Calls never throw and never await. */
export interface TelemetrySink extends LogSink {
  startSpan(name: string, options: { readonly kind: SpanKind; readonly parent?: TraceContext; readonly attributes?: SpanAttributes }): OpenSpan;
  otlp(workerId: string, signal: 'traces' | 'metrics' | 'logs', payload: unknown): void;
}
export const TelemetrySinkRef = defineRef<TelemetrySink>('telemetry.sink');
