import type { TraceContext } from '@motia/protocol';
import type { OpenSpan, SpanOptions, Telemetry, TelemetrySink } from '../contract/telemetry.js';
import { findHostTracer } from './host-tracer.js';
import type { SpanStarter } from './span-starter.js';
import { EngineMeter } from './engine-meter.js';
import { PassiveSpan } from './passive-span.js';
import { newTraceContext } from './trace-context.js';

/** Takes what workers export themselves. */
export interface OtlpSink {
  /** False while nobody keeps it: workers are told when they connect, and save themselves the work. */
  readonly takesOtlp: boolean;
  otlp(workerId: string, signal: 'traces' | 'metrics' | 'logs', payload: unknown): void;
}

/**
 * Routes spans to a module that provides a sink, else to the host's tracer, else nowhere: then a span only carries the
 * context on. Telemetry never fails a caller, so what a sink throws is counted and forgotten.
 */
export class EngineTelemetry implements Telemetry, OtlpSink {
  recording = false;
  readonly meter = new EngineMeter();
  /** Calls of a sink that threw. */
  failures = 0;
  #sink: TelemetrySink | undefined;
  #hostTracer: SpanStarter | undefined;

  /** The sink wins over a host tracer; undefined takes it back. */
  setSink(sink: TelemetrySink | undefined): void {
    this.#sink = sink;
    this.meter.forwardTo(sink?.meter);
    this.recording = (this.#sink ?? this.#hostTracer) !== undefined;
  }

  /** Looks for a tracer that the program around the engine has set up with OpenTelemetry; used while there is no sink. */
  async useHostTracer(): Promise<void> {
    this.setHostTracer(await findHostTracer());
  }

  setHostTracer(tracer: SpanStarter | undefined): void {
    this.#hostTracer = tracer;
    this.recording = (this.#sink ?? this.#hostTracer) !== undefined;
  }

  get takesOtlp(): boolean {
    return this.#sink !== undefined;
  }

  newTrace(): TraceContext {
    return newTraceContext();
  }

  startSpan(name: string, options: SpanOptions): OpenSpan {
    const starter = this.#sink ?? this.#hostTracer;
    if (starter !== undefined) {
      try {
        return starter.startSpan(name, options);
      } catch {
        this.failures += 1;
      }
    }
    return new PassiveSpan(options.parent ?? newTraceContext());
  }

  otlp(workerId: string, signal: 'traces' | 'metrics' | 'logs', payload: unknown): void {
    try {
      this.#sink?.otlp(workerId, signal, payload);
    } catch {
      this.failures += 1;
    }
  }
}
