import type { Context, Span, SpanContext, SpanKind as OtelSpanKind, Tracer } from '@opentelemetry/api';
import { messageOf, type TraceContext } from '@motia/protocol';
import type { OpenSpan, SpanEnd, SpanKind, SpanOptions } from '../contract/telemetry.js';
import type { SpanStarter } from './span-starter.js';
import { isTraceparent, newTraceContext, spanIdOf, traceIdOf } from './trace-context.js';

const partAttributes = { waitMs: 'iii.wait_ms', handlerMs: 'iii.handler_ms', transitMs: 'iii.transit_ms' } as const;
type OtelApi = typeof import('@opentelemetry/api');

/** Where every copy of the API of this major keeps what the program registered. */
const globalApi = Symbol.for('opentelemetry.js.api.1');
const kinds: Readonly<Record<SpanKind, OtelSpanKind>> = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 };

/**
 * The tracer of the program around the engine, if it registered a provider. Without one nothing is loaded: the API is
 * an optional peer, and a tracer that records nothing would only cost time.
 */
export async function findHostTracer(): Promise<SpanStarter | undefined> {
  const registered = (globalThis as { [globalApi]?: { trace?: unknown } })[globalApi];
  if (registered?.trace === undefined) return undefined;
  let api: OtelApi;
  try {
    api = await import('@opentelemetry/api');
  } catch {
    return undefined;
  }
  return new HostTracer(api, (api.trace).getTracer('@motia/engine-core'));
}

class HostTracer implements SpanStarter {
  readonly #api: OtelApi;
  readonly #tracer: Tracer;

  constructor(api: OtelApi, tracer: Tracer) {
    this.#api = api;
    this.#tracer = tracer;
  }

  startSpan(name: string, { kind, parent, attributes, common, startedAtMs, links }: SpanOptions): OpenSpan {
    const options = {
      kind: kinds[kind],
      attributes: { ...common, ...attributes },
      ...(startedAtMs === undefined ? {} : { startTime: startedAtMs }),
      ...(links === undefined ? {} : { links: links.filter(({ traceparent }) => isTraceparent(traceparent)).map((link) => ({ context: spanContextOf(link) })) }),
    };
    const span = this.#tracer.startSpan(name, options, this.#contextOf(parent));
    return new HostSpan(span, parent, this.#api.SpanStatusCode.ERROR);
  }

  /** Without a parent of ours the one that the host has active counts. */
  #contextOf(parent: TraceContext | undefined): Context {
    const { context, trace } = this.#api;
    if (parent === undefined || !isTraceparent(parent.traceparent)) return context.active();
    return trace.setSpanContext(context.active(), spanContextOf(parent));
  }
}

function spanContextOf(context: TraceContext): SpanContext {
  return {
    traceId: traceIdOf(context),
    spanId: spanIdOf(context),
    traceFlags: Number.parseInt(context.traceparent.slice(53, 55), 16),
    isRemote: true,
  };
}

class HostSpan implements OpenSpan {
  readonly context: TraceContext;
  readonly #span: Span;
  readonly #errorStatus: number;

  constructor(span: Span, parent: TraceContext | undefined, errorStatus: number) {
    this.#span = span;
    this.#errorStatus = errorStatus;
    const { traceId, spanId, traceFlags } = span.spanContext();
    const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
    const { tracestate, baggage } = parent ?? {};
    this.context = isTraceparent(traceparent)
      ? { traceparent, ...(tracestate === undefined ? {} : { tracestate }), ...(baggage === undefined ? {} : { baggage }) }
      : (parent ?? newTraceContext());
  }

  setAttribute(key: string, value: string | number | boolean): void {
    this.#span.setAttribute(key, value);
  }

  event(name: string, attributes?: Readonly<Record<string, string | number | boolean | undefined>>): void {
    this.#span.addEvent(name, attributes);
  }

  end(outcome: SpanEnd = {}): void {
    const { error } = outcome;
    for (const part of ['waitMs', 'handlerMs', 'transitMs'] as const) {
      const value = outcome[part];
      if (value !== undefined) this.#span.setAttribute(partAttributes[part], value);
    }
    if (error !== undefined) {
      this.#span.setStatus({ code: this.#errorStatus, message: messageOf(error) });
      if (error instanceof Error) this.#span.recordException(error);
    }
    this.#span.end();
  }
}
