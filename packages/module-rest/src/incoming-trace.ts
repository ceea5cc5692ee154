import type { IncomingHttpHeaders } from 'node:http';
import type { TraceContext } from '@motia/engine-core/contract';

const wellFormed = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;
const longestTracestate = 512;
const longestBaggage = 8192;

/** The W3C context of a request; undefined (a new trace begins) when it is absent or malformed. */
export function incomingTrace(headers: IncomingHttpHeaders): TraceContext | undefined {
  const traceparent = headers['traceparent'];
  if (typeof traceparent !== 'string' || !wellFormed.test(traceparent)) return undefined;
  if (traceparent.length !== 55 && traceparent.startsWith('00')) return undefined;
  const tracestate = text(headers['tracestate'], longestTracestate);
  const baggage = text(headers['baggage'], longestBaggage);
  return { traceparent, ...(tracestate === undefined ? {} : { tracestate }), ...(baggage === undefined ? {} : { baggage }) };
}

function text(value: string | string[] | undefined, longest: number): string | undefined {
  const joined = Array.isArray(value) ? value.join(',') : value;
  return joined === undefined || joined.length === 0 || joined.length > longest ? undefined : joined;
}

/** The 32 digits that logs and error bodies show. */
export function traceIdOf(trace: TraceContext): string {
  return trace.traceparent.slice(3, 35);
}
