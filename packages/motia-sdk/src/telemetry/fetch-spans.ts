import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { currentScope } from '../context/invocation-scope.js';
import { activeTrace } from './active-trace.js';
import { startOperation } from './operation-span.js';
import { OutgoingRequest, propagate, requestAttributes, type UndiciRequest } from './outgoing-request.js';

/**
 * Spans for what handlers send with `fetch` and undici, and `traceparent` on it, so that whoever is called goes on with
 * the trace. Through undici's diagnostics: nothing is replaced, and what is sent outside of handlers is left alone.
 * @returns takes it back
 */
export function instrumentFetch(): () => void {
  const open = new WeakMap<object, OutgoingRequest>();
  const created = ({ request }: { readonly request: UndiciRequest }): void => {
    const scope = currentScope();
    if (scope === undefined) return;
    const span = startOperation(scope, `${request.method} ${new URL(request.origin).host}`, 'client', requestAttributes(request));
    propagate(request, span?.trace ?? activeTrace(scope));
    if (span === undefined) return;
    const outgoing = new OutgoingRequest(span);
    open.set(request, outgoing);
    scope.afterCall(() => outgoing.callEnded());
  };
  const answered = ({ request, response }: { readonly request: UndiciRequest; readonly response: { readonly statusCode: number } }): void => open.get(request)?.answered(response.statusCode);
  const completed = ({ request }: { readonly request: UndiciRequest }): void => open.get(request)?.end();
  const failed = ({ request, error }: { readonly request: UndiciRequest; readonly error: unknown }): void => open.get(request)?.end(error);

  const listeners = [
    ['undici:request:create', guarded(created)],
    ['undici:request:headers', guarded(answered)],
    ['undici:request:trailers', guarded(completed)],
    ['undici:request:error', guarded(failed)],
  ] as const;
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  return () => {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener);
  };
}

/** What goes wrong here, with a future version of undici say, must never fail a request. */
function guarded<M>(listener: (message: M) => void): (message: unknown) => void {
  return (message) => {
    try {
      listener(message as M);
    } catch {
      // The request goes on without its span.
    }
  };
}
