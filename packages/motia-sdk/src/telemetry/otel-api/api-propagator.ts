import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { identityOf, traceparentOf } from '../trace-ids.js';
import type { OpenTelemetryApi } from './api-context-manager.js';

/** W3C trace context for libraries that carry it over channels of their own. Baggage stays inside. */
export class ApiPropagator implements TextMapPropagator {
  readonly #api: OpenTelemetryApi;

  constructor(api: OpenTelemetryApi) {
    this.#api = api;
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = this.#api.trace.getSpanContext(context);
    if (span === undefined || !this.#api.isSpanContextValid(span)) return;
    setter.set(carrier, 'traceparent', traceparentOf({ traceId: span.traceId, spanId: span.spanId, flags: span.traceFlags }));
    if (span.traceState !== undefined) setter.set(carrier, 'tracestate', span.traceState.serialize());
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const first = (name: string): string | undefined => {
      const value = getter.get(carrier, name);
      return Array.isArray(value) ? value[0] : value;
    };
    const identity = identityOf({ traceparent: first('traceparent') ?? '' });
    if (identity === undefined) return context;
    const { traceId, spanId, flags } = identity;
    const traceState = first('tracestate');
    return this.#api.trace.setSpanContext(context, { traceId, spanId, traceFlags: flags, isRemote: true, ...(traceState === undefined ? {} : { traceState: this.#api.createTraceState(traceState) }) });
  }

  fields(): string[] {
    return ['traceparent', 'tracestate'];
  }
}
