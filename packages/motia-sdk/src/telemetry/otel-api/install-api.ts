import { createRequire } from 'node:module';
import { join } from 'node:path';
import { shared, type InvocationScope, type OpenTelemetryHooks } from '../../context/invocation-scope.js';
import type { OtelInstrumentation } from '../otel-config.js';
import type { SpanIdentity } from '../trace-ids.js';
import { ApiContextManager, remoteContext, type OpenTelemetryApi } from './api-context-manager.js';
import { ApiPropagator } from './api-propagator.js';
import { ApiTracerProvider } from './api-tracer.js';

/** Where every copy of the API of this major keeps what was registered. */
const registry = Symbol.for('opentelemetry.js.api.1');
type Registered = Readonly<Record<string, unknown>>;

/** The API as the app has it installed; undefined when it has none. */
export function findOpenTelemetryApi(cwd: string): OpenTelemetryApi | undefined {
  for (const from of [join(cwd, 'package.json'), import.meta.url]) {
    try {
      return createRequire(from)('@opentelemetry/api') as OpenTelemetryApi;
    } catch {
      // Not there: it is an optional peer.
    }
  }
  return undefined;
}

/**
 * Lets what libraries do through the OpenTelemetry API land in the trace of the call that they run in. An app that has
 * registered a provider of its own keeps it: its spans go where it says, below the same trace.
 * @returns takes everything back that was registered here
 */
export function installOpenTelemetry(api: OpenTelemetryApi, instrumentations: readonly OtelInstrumentation[]): () => void {
  const before = ((globalThis as { [registry]?: Registered })[registry] ?? {});
  const undo: (() => void)[] = [];
  const own = before['context'] === undefined ? new ApiContextManager(api) : undefined;
  if (own !== undefined && api.context.setGlobalContextManager(own)) undo.push(() => api.context.disable());
  if (before['trace'] === undefined && api.trace.setGlobalTracerProvider(new ApiTracerProvider(api))) undo.push(() => api.trace.disable());
  if (before['propagation'] === undefined && api.propagation.setGlobalPropagator(new ApiPropagator(api))) undo.push(() => api.propagation.disable());
  shared.openTelemetry = own === undefined ? hooksOfForeign(api) : hooksOfOwn(api, own);
  for (const instrumentation of instrumentations) {
    instrumentation.enable?.();
    undo.push(() => instrumentation.disable?.());
  }
  return () => {
    shared.openTelemetry = undefined;
    for (const one of undo.reverse()) one();
  };
}

function hooksOfOwn(api: OpenTelemetryApi, manager: ApiContextManager): OpenTelemetryHooks {
  return {
    around: undefined,
    activeSpan: (scope) => {
      const context = manager.heldIn(scope);
      return context === undefined ? undefined : spanIn(api, context);
    },
  };
}

/** A context manager of the app's own knows nothing of calls: each runs inside the context of its trace. */
function hooksOfForeign(api: OpenTelemetryApi): OpenTelemetryHooks {
  return {
    around: <T>(scope: InvocationScope, run: () => T): T => api.context.with(remoteContext(api, scope), run),
    activeSpan: () => spanIn(api, api.context.active()),
  };
}

function spanIn(api: OpenTelemetryApi, context: ReturnType<OpenTelemetryApi['context']['active']>): SpanIdentity | undefined {
  const span = api.trace.getSpanContext(context);
  return span === undefined || !api.isSpanContextValid(span) ? undefined : { traceId: span.traceId, spanId: span.spanId, flags: span.traceFlags };
}
