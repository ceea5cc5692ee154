import { currentScope } from '../context/invocation-scope.js';
import { silence } from '../runtime/silence.js';
import { eventBlock, type SseEvent } from './event-text.js';
import { needNotBeAwaited } from './need-not-be-awaited.js';
import { PushedEvents } from './pushed-events.js';

/** What a source of events knows of its listener. */
export interface SseListener {
  /** The id of the last event that the client got before it came back; undefined the first time. */
  readonly lastEventId: string | undefined;
  /** Aborts when the client leaves: stop waiting for events. */
  readonly signal: AbortSignal;
  /** Sends an event; resolves when there is room for the next. For sources that are not generators. */
  send(event: SseEvent | string): Promise<void>;
}

/** Gives events, or sends them. The stream ends when it does. */
export type SseSource = AsyncIterable<SseEvent | string> | ((listener: SseListener) => AsyncIterable<SseEvent | string> | Promise<void>);

export interface SseOptions {
  /** Milliseconds of silence after which a comment is sent, so that proxies keep the connection. Default 15,000; 0: never. */
  readonly heartbeatMs?: number;
  /** Milliseconds after which the client comes back when the connection broke. Default: the client's own, about 3,000. */
  readonly retryMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer that a handler returns for a stream of events. */
export interface SseResponse {
  readonly status: 200;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<string>;
}

const defaultHeartbeatMs = 15_000;

/**
 * Answers with a stream of server-sent events: `return sse(req, async function* ({ lastEventId, signal }) { yield { event, id, data }; })`.
 * When this process is about to be replaced the stream ends, and the client comes back to the next one with its
 * `Last-Event-ID`.
 */
export function sse(req: { readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> }, source: SseSource, options: SseOptions = {}): SseResponse {
  const { heartbeatMs = defaultHeartbeatMs, retryMs, headers } = options;
  const scope = currentScope();
  const signal = scope?.signal ?? new AbortController().signal;
  const lastEventId = [req.headers?.['last-event-id']].flat()[0];
  const open = (): AsyncIterator<SseEvent | string> => {
    if (typeof source !== 'function') return source[Symbol.asyncIterator]();
    const pushed = new PushedEvents(signal);
    const made = source({ lastEventId: lastEventId === '' ? undefined : lastEventId, signal, send: (event) => needNotBeAwaited(pushed.send(event)) });
    if (Symbol.asyncIterator in made) return made[Symbol.asyncIterator]();
    made.then(
      () => pushed.end(),
      (error: unknown) => pushed.fail(error),
    );
    return pushed;
  };
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no', ...headers },
    body: eventTexts(open, heartbeatMs, retryMs, (stop) => scope?.connection.onDraining(stop)),
  };
}

/** The events as text, with comments while there are none. */
async function* eventTexts(open: () => AsyncIterator<SseEvent | string>, heartbeatMs: number, retryMs: number | undefined, onDraining: (stop: () => void) => (() => void) | undefined): AsyncGenerator<string> {
  const source = open();
  let isStopped = false;
  let wake: ((outcome: 'silent' | 'stopped') => void) | undefined;
  const forget = onDraining(() => {
    isStopped = true;
    wake?.('stopped');
  });
  // The head goes out with the first bytes, and the client calls itself connected then.
  yield retryMs === undefined ? ':\n\n' : eventBlock({ retry: retryMs });
  try {
    while (!isStopped) {
      let settled: { readonly result: IteratorResult<SseEvent | string> } | { readonly error: unknown } | undefined;
      source.next().then(
        (result) => {
          settled = { result };
          wake?.('silent');
        },
        (error: unknown) => {
          settled = { error };
          wake?.('silent');
        },
      );
      const isSettled = (): boolean => settled !== undefined;
      while (!isSettled() && !isStopped) {
        const timer = await silence(heartbeatMs, (woken) => (wake = woken), () => isSettled() || isStopped);
        if (timer === 'elapsed' && !isSettled() && !isStopped) yield ':\n\n';
      }
      if (settled === undefined) return;
      const outcome = settled;
      if ('error' in outcome) throw outcome.error;
      if (outcome.result.done === true) return;
      yield eventBlock(outcome.result.value);
    }
  } finally {
    forget?.();
    source.return?.().catch(() => undefined);
  }
}
