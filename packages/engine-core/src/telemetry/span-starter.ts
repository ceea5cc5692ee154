import type { TraceContext } from '@motia/protocol';
import type { OpenSpan, SpanAttributes, SpanKind } from '../contract/telemetry.js';

export interface SpanOptions {
  readonly kind: SpanKind;
  readonly parent?: TraceContext;
  readonly attributes?: SpanAttributes;
}

/** Something that records spans: a module's sink, or the tracer of the program around the engine. */
export interface SpanStarter {
  startSpan(name: string, options: SpanOptions): OpenSpan;
}
