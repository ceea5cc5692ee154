import type { IncomingMessage } from 'node:http';
import { isMotiaError, messageOf, type Clock, type FunctionRegistry, type Logger, type MotiaError, type Registration, type Timer, type WorkerRegistry } from '@motia/engine-core/contract';
import type { Closing } from '../delivery/frame-text.js';
import { streamErrors } from '../errors.js';

/** What became of a client that wants to connect. */
export type Admission =
  | { readonly kind: 'admitted'; readonly context: unknown; /** By a function, not because there is none. */ readonly isAuthenticated: boolean }
  /** It is told in a close frame, which is all that browsers let a page see. */
  | { readonly kind: 'refused'; readonly error: MotiaError; readonly closing: Closing }
  /** Nobody could say: HTTP 503. */
  | { readonly kind: 'unavailable'; readonly error: MotiaError };

export interface AuthenticationParts {
  readonly functions: FunctionRegistry;
  readonly workers: Pick<WorkerRegistry, 'list'>;
  readonly clock: Clock;
  readonly mode: 'development' | 'production';
  readonly logger: Logger;
  /** From the config. False: nobody, whatever is registered. */
  readonly configured: string | false | undefined;
  readonly timeoutMs: number;
  /** Clients that came in before there was an authentication function must come again. */
  readonly onFirstKnown: () => void;
}

/** What the SDK registers for `authenticateStream` of motia.config.ts. */
export const conventionalAuthFunction = 'motia::stream::authenticate';

/** Conditions that say nothing about the client. */
const unavailable: ReadonlySet<string> = new Set(
  ['FUNCTION_NOT_FOUND', 'WORKER_LOST', 'WORKER_UNAVAILABLE', 'WORKER_BACKPRESSURE', 'STOPPED', 'CANCELLED'].map((condition) => `MOTIA_ENGINE_${condition}`),
);

/** In development: how long an app that runs has been without its authentication function when that is taken for meant. */
const droppedAfterMs = 5_000;

/**
 * Asks the authentication function of the app. It fails closed: without a context in its answer nobody gets in. An app
 * that registers the conventional function is taken at its word: from then on it is asked, and should it disappear,
 * nobody gets in until it is back. Only in development an app that runs without it is taken at its word as well.
 */
export class Authentication {
  readonly #parts: AuthenticationParts;
  #isConventionKnown = false;
  #watching: Registration | undefined;
  #timer: Timer | undefined;

  constructor(parts: AuthenticationParts) {
    this.#parts = parts;
  }

  start(): void {
    const { configured, functions } = this.#parts;
    if (configured !== undefined) return;
    this.#look();
    this.#watching = functions.onChanged(() => this.#look());
  }

  stop(): void {
    this.#watching?.dispose();
    this.#watching = undefined;
    this.#parts.clock.clear(this.#timer);
    this.#timer = undefined;
  }

  /** Undefined when nobody authenticates. */
  get functionId(): string | undefined {
    const { configured } = this.#parts;
    if (configured === false) return undefined;
    if (configured === undefined && !this.#isConventionKnown) this.#look();
    return configured ?? (this.#isConventionKnown ? conventionalAuthFunction : undefined);
  }

  /** @param signal aborts when the client has gone */
  async admit(request: IncomingMessage, signal: AbortSignal): Promise<Admission> {
    const { functionId } = this;
    if (functionId === undefined) return { kind: 'admitted', context: undefined, isAuthenticated: false };
    const { functions, timeoutMs, logger } = this.#parts;
    try {
      const answer = await functions.invoke(functionId, authInput(request), { timeoutMs, parkMs: Math.min(timeoutMs, 5_000), signal });
      const context = contextIn(answer);
      return context === undefined ? refused() : { kind: 'admitted', context, isAuthenticated: true };
    } catch (error) {
      if (signal.aborted) return { kind: 'unavailable', error: streamErrors.AUTH_UNAVAILABLE({ functionId, reason: 'the client went away' }, error) };
      const reason = messageOf(error);
      logger.warn('A stream client was not authenticated', { functionId, reason, ...(isMotiaError(error) ? { code: error.code } : {}) });
      if (isMotiaError(error, 'MOTIA_ENGINE_DEADLINE_EXCEEDED')) {
        return { kind: 'refused', error: streamErrors.AUTH_TIMEOUT({ functionId, timeoutMs }, error), closing: { code: 4408, reason: 'authentication took too long', reconnectAfterMs: 1_000 } };
      }
      if (isMotiaError(error) && unavailable.has(error.code)) return { kind: 'unavailable', error: streamErrors.AUTH_UNAVAILABLE({ functionId, reason }, error) };
      return refused();
    }
  }

  #look(): void {
    const isThere = this.#parts.functions.has(conventionalAuthFunction);
    if (this.#isConventionKnown && !isThere) this.#noticeDropped();
    if (this.#isConventionKnown || !isThere) return;
    this.#isConventionKnown = true;
    this.#parts.onFirstKnown();
  }

  #noticeDropped(): void {
    const { mode, clock, functions, workers, logger } = this.#parts;
    if (mode !== 'development' || this.#timer !== undefined) return;
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      if (functions.has(conventionalAuthFunction) || !workers.list().some(({ state }) => state === 'ready')) return;
      this.#isConventionKnown = false;
      logger.warn('The app no longer authenticates stream clients: everybody may connect', { functionId: conventionalAuthFunction });
    }, droppedAfterMs);
  }
}

function refused(): Admission {
  return { kind: 'refused', error: streamErrors.UNAUTHORIZED({}), closing: { code: 4401, reason: 'unauthorized' } };
}

/** The context of an answer that lets the client in; undefined for any other answer. */
function contextIn(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { context, unauthorized, authorized } = answer as { readonly context?: unknown; readonly unauthorized?: unknown; readonly authorized?: unknown };
  return unauthorized === true || authorized === false ? undefined : (context ?? undefined);
}

/** Headers in lower case with repeated ones joined, the path without its query, every query value in a list. */
export function authInput({ headers, url, socket }: Pick<IncomingMessage, 'headers' | 'url' | 'socket'>): Readonly<Record<string, unknown>> {
  const [path = '/', search = ''] = (url ?? '/').split(/\?(.*)/s);
  const query = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of new URLSearchParams(search)) (query[name] ??= []).push(value);
  const plain = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  return { headers: plain, path, query_params: query, addr: socket.remoteAddress?.replace(/^::ffff:/, '') ?? '' };
}
