import type { SpanKind } from '@motia/engine-core/contract';

/** What an attribute may be: OpenTelemetry's primitives and lists of them; what is nested beyond that is JSON text. */
export type AttributeValue = string | number | boolean | readonly (string | number | boolean)[];
export type AttributePair = readonly [key: string, value: AttributeValue];

/** How a span ended. `interrupted`: the engine that ran it died. */
export type SpanStatus = 'unset' | 'ok' | 'error' | 'interrupted';

export interface SpanEventData {
  readonly name: string;
  /** Epoch milliseconds with fractions. */
  readonly timeMs: number;
  readonly attributes: readonly AttributePair[];
}
export interface SpanLinkData {
  readonly traceId: string;
  readonly spanId: string;
}

/** One span as queries and exporters see it: plain data, without secrets, within all limits. */
export interface SpanData {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** True where the parent was recorded by somebody else. */
  readonly isParentRemote: boolean;
  readonly name: string;
  readonly kind: SpanKind;
  /** Epoch milliseconds with fractions. */
  readonly startMs: number;
  /** NaN while it is open. */
  readonly endMs: number;
  readonly status: SpanStatus;
  readonly statusText: string | undefined;
  readonly attributes: readonly AttributePair[];
  readonly events: readonly SpanEventData[];
  readonly links: readonly SpanLinkData[];
  /** Undefined: the engine's own. */
  readonly serviceName: string | undefined;
  readonly scope: string | undefined;
  /** Of a call that a tool made of the engine itself. */
  readonly isInternal: boolean;
  readonly omittedAttributes: number;
  readonly omittedEvents: number;
}

/** The value of one attribute; the last one counts where a key was set twice. */
export function attributeOf(span: Pick<SpanData, 'attributes'>, key: string): AttributeValue | undefined {
  for (let index = span.attributes.length - 1; index >= 0; index -= 1) {
    const pair = span.attributes[index];
    if (pair !== undefined && pair[0] === key) return pair[1];
  }
  return undefined;
}
