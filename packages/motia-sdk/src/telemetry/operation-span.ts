import { messageOf, type TraceContext } from '@motia/protocol';
import type { InvocationScope } from '../context/invocation-scope.js';
import { activeTrace } from './active-trace.js';
import { nowMs, spanKind, spanStatus, type SpanAttributes, type SpanData } from './span-data.js';
import { limitedText, spanLimits } from './span-limits.js';
import { identityOf, randomHex, traceparentOf, type SpanIdentity } from './trace-ids.js';

/** A span of something that a handler does, open until it has ended. */
export interface OperationSpan {
  /** What callees continue. */
  readonly trace: TraceContext;
  /** Idempotent. `endMs` in epoch milliseconds, default now. */
  end(error?: unknown, attributes?: SpanAttributes, endMs?: number): void;
}

/**
 * Opens a span below the one that is active in the handler; undefined where nobody records the call, so that nothing is
 * made up for nobody.
 */
export function startOperation(scope: InvocationScope | undefined, name: string, kind: keyof typeof spanKind, attributes: SpanAttributes): OperationSpan | undefined {
  if (scope?.isRecorded !== true) return undefined;
  const parentTrace = activeTrace(scope);
  const parent = identityOf(parentTrace);
  if (parent === undefined) return undefined;
  return new OpenOperation(scope, { parent, parentTrace: parentTrace as TraceContext, name, kind: spanKind[kind], attributes });
}

interface Opening {
  readonly parent: SpanIdentity;
  readonly parentTrace: TraceContext;
  readonly name: string;
  readonly kind: number;
  readonly attributes: SpanAttributes;
}

class OpenOperation implements OperationSpan {
  readonly trace: TraceContext;
  readonly #scope: InvocationScope;
  readonly #opening: Opening;
  readonly #spanId = randomHex(16);
  readonly #startMs = nowMs();
  #hasEnded = false;

  constructor(scope: InvocationScope, opening: Opening) {
    this.#scope = scope;
    this.#opening = opening;
    const { parent, parentTrace } = opening;
    this.trace = { ...parentTrace, traceparent: traceparentOf({ ...parent, spanId: this.#spanId }) };
  }

  end(error?: unknown, added?: SpanAttributes, endMs = nowMs()): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { parent, parentTrace, name, kind, attributes } = this.#opening;
    const span: SpanData = {
      traceId: parent.traceId,
      spanId: this.#spanId,
      parentSpanId: parent.spanId,
      traceState: parentTrace.tracestate,
      name,
      kind,
      startMs: this.#startMs,
      endMs,
      attributes: { ...attributes, ...added, ...(error === undefined ? {} : { 'error.type': errorType(error) }) },
      status: error === undefined ? spanStatus.unset : spanStatus.error,
      statusMessage: error === undefined ? undefined : limitedText(messageOf(error), spanLimits.textLength),
    };
    this.#scope.connection.recordSpan(span);
  }
}

/** The code of an error that has one, else its class. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
