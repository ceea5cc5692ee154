import type { Context, Span, SpanContext, SpanOptions, Tracer, TracerOptions, TracerProvider } from '@opentelemetry/api';
import { currentScope, shared } from '../../context/invocation-scope.js';
import { randomHex } from '../trace-ids.js';
import type { SpanData } from '../span-data.js';
import { ApiSpan } from './api-span.js';
import type { OpenTelemetryApi } from './api-context-manager.js';

const sampled = 1;

/** Hands out tracers whose spans travel to the engine. */
export class ApiTracerProvider implements TracerProvider {
  readonly #api: OpenTelemetryApi;
  readonly #tracers = new Map<string, Tracer>();

  constructor(api: OpenTelemetryApi) {
    this.#api = api;
  }

  getTracer(name: string, version?: string, _options?: TracerOptions): Tracer {
    const key = `${name}\n${version ?? ''}`;
    let tracer = this.#tracers.get(key);
    if (tracer === undefined) {
      tracer = new ApiTracer(this.#api, { name, version });
      // A library that asks for a tracer by a new name each time must not fill the memory.
      if (this.#tracers.size < 1000) this.#tracers.set(key, tracer);
    }
    return tracer;
  }
}

class ApiTracer implements Tracer {
  readonly #api: OpenTelemetryApi;
  readonly #scope: { readonly name: string; readonly version: string | undefined };

  constructor(api: OpenTelemetryApi, scope: { readonly name: string; readonly version: string | undefined }) {
    this.#api = api;
    this.#scope = scope;
  }

  startSpan(name: string, options: SpanOptions = {}, context: Context = this.#api.context.active()): Span {
    const given = options.root === true ? undefined : this.#api.trace.getSpanContext(context);
    const parent = given !== undefined && this.#api.isSpanContextValid(given) ? given : undefined;
    if (!this.#isRecorded(parent)) return this.#api.trace.wrapSpanContext(parent ?? this.#newContext(undefined, 0));
    const scope = currentScope();
    return new ApiSpan({
      context: this.#newContext(parent, sampled),
      parentSpanId: parent?.spanId,
      name,
      kind: (options.kind ?? 0) + 1,
      startTime: options.startTime,
      attributes: options.attributes,
      links: options.links,
      scope: this.#scope,
      record: (span: SpanData) => (scope?.connection ?? shared.connection)?.recordSpan(span),
    });
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: [F] | [SpanOptions, F] | [SpanOptions, Context, F]): ReturnType<F> {
    const fn = rest.at(-1) as F;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {};
    const context = rest.length > 2 ? (rest[1] as Context) : this.#api.context.active();
    const span = this.startSpan(name, options, context);
    return this.#api.context.with(this.#api.trace.setSpan(context, span), () => fn(span)) as ReturnType<F>;
  }

  /** Inside a call what holds for the call; elsewhere whatever the parent says. */
  #isRecorded(parent: SpanContext | undefined): boolean {
    const scope = currentScope();
    if (scope !== undefined && parent?.traceId === scope.traceId) return scope.isRecorded;
    const connection = scope?.connection ?? shared.connection;
    return connection?.takesTelemetry === true && (parent === undefined || (parent.traceFlags & sampled) === sampled);
  }

  #newContext(parent: SpanContext | undefined, traceFlags: number): SpanContext {
    return { traceId: parent?.traceId ?? randomHex(32), spanId: randomHex(16), traceFlags, ...(parent?.traceState === undefined ? {} : { traceState: parent.traceState }) };
  }
}
