import type { OpenSpan, SpanOptions } from '../contract/telemetry.js';

/** Something that records spans: a module's sink, or the tracer of the program around the engine. */
export interface SpanStarter {
  startSpan(name: string, options: SpanOptions): OpenSpan;
}
