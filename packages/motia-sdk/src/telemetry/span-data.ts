export type AttributeValue = string | number | boolean | readonly (string | number | boolean | null | undefined)[];
export type SpanAttributes = Readonly<Record<string, AttributeValue | undefined>>;

export interface SpanEvent {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly timeMs: number;
  readonly attributes?: SpanAttributes | undefined;
}
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes?: SpanAttributes | undefined;
}

/** As OTLP numbers them. */
export const spanKind = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
/** As OTLP numbers them. */
export const spanStatus = { unset: 0, ok: 1, error: 2 } as const;

/** A span that has ended. */
export interface SpanData {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly traceState?: string | undefined;
  readonly name: string;
  readonly kind: number;
  /** Epoch milliseconds, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  readonly events?: readonly SpanEvent[] | undefined;
  readonly links?: readonly SpanLink[] | undefined;
  readonly status: number;
  readonly statusMessage?: string | undefined;
  /** What made it, when not this package: a library's tracer. */
  readonly scope?: { readonly name: string; readonly version?: string | undefined } | undefined;
  /** Attributes, events and links that exceeded a limit. */
  readonly droppedAttributes?: number;
  readonly droppedEvents?: number;
  readonly droppedLinks?: number;
}

/** Epoch milliseconds with fractions, never going back. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
