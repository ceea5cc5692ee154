import type { IncomingMessage } from 'node:http';
import type { OpenSpan, Telemetry, TraceContext } from '@motia/engine-core/contract';
import type { Route } from './route.js';

/** Opens the span of a request, named `METHOD /pattern`; undefined while nobody records. */
export function openServerSpan(telemetry: Telemetry, request: IncomingMessage, route: Route, requestId: string, parent: TraceContext | undefined): OpenSpan | undefined {
  if (!telemetry.recording) return undefined;
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const { name, common } = route.span;
  return telemetry.startSpan(name, {
    kind: 'server',
    parent,
    common,
    // HEAD is served by the routes of GET.
    attributes: request.method === route.method ? { 'url.path': path, 'iii.request.id': requestId } : { 'http.request.method': request.method, 'url.path': path, 'iii.request.id': requestId },
  });
}

/** Ends it with the status that was answered. Errors below 500 are the client's and do not mark the span. */
export function endServerSpan(span: OpenSpan | undefined, status: number, error: unknown): void {
  if (span === undefined) return;
  span.setAttribute('http.response.status_code', status);
  span.end(status >= 500 && error !== undefined ? { error } : undefined);
}
