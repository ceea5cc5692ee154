import type { TraceContext } from '@motia/protocol';
import type { OperationSpan } from './operation-span.js';
import { nowMs, type SpanAttributes } from './span-data.js';

/** The part of undici's request that its diagnostics hand out, in every version that has them. */
export interface UndiciRequest {
  readonly origin: string | URL;
  readonly method: string;
  readonly path: string;
  /** Text in older versions, a flat list of names and values in newer ones. */
  headers: string | (string | Buffer | string[])[];
  addHeader?(name: string, value: string): void;
}

/** Where a request goes, without its query: that may hold secrets. */
export function requestAttributes({ origin, method, path }: UndiciRequest): SpanAttributes {
  const { protocol, hostname, port, host } = new URL(origin);
  const plainPath = path.split('?', 1)[0] as string;
  return {
    'http.request.method': method,
    'server.address': hostname,
    'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    'url.full': `${protocol}//${host}${plainPath}`,
    'url.scheme': protocol.slice(0, -1),
  };
}

/** Adds the trace to a request that has none of its own. */
export function propagate(request: UndiciRequest, trace: TraceContext | undefined): void {
  if (trace === undefined || hasHeader(request, 'traceparent')) return;
  addHeader(request, 'traceparent', trace.traceparent);
  if (trace.tracestate !== undefined && trace.tracestate !== '') addHeader(request, 'tracestate', trace.tracestate);
}

function hasHeader({ headers }: UndiciRequest, name: string): boolean {
  if (typeof headers === 'string') return new RegExp(`(?:^|\\r\\n)${name}:`, 'i').test(headers);
  for (let index = 0; index < headers.length; index += 2) if (String(headers[index]).toLowerCase() === name) return true;
  return false;
}

function addHeader(request: UndiciRequest, name: string, value: string): void {
  if (typeof request.addHeader === 'function') request.addHeader(name, value);
  else if (typeof request.headers === 'string') request.headers += `${name}: ${value}\r\n`;
  else request.headers.push(name, value);
}

/** The span of one request, until its answer is read, or its handler has ended. */
export class OutgoingRequest {
  readonly #span: OperationSpan;
  #statusCode: number | undefined;
  #answeredAtMs = 0;

  constructor(span: OperationSpan) {
    this.#span = span;
  }

  answered(statusCode: number): void {
    this.#statusCode = statusCode;
    this.#answeredAtMs = nowMs();
  }

  end(error?: unknown): void {
    this.#finish(error, undefined);
  }

  /** An answer whose body nobody reads never tells that it has ended: it ended when its head was there. */
  callEnded(): void {
    if (this.#statusCode !== undefined) this.#finish(undefined, this.#answeredAtMs);
  }

  #finish(error: unknown, endMs: number | undefined): void {
    const status = this.#statusCode;
    const refusal = error === undefined && status !== undefined && status >= 400 ? refused(status) : undefined;
    this.#span.end(error ?? refusal, { ...(status === undefined ? {} : { 'http.response.status_code': status }) }, endMs);
  }
}

function refused(status: number): Error {
  return Object.assign(new Error(`answered ${status}`), { code: String(status) });
}
