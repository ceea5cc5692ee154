import { randomBytes } from 'node:crypto';
import { isMotiaError, type Logger, type QueueRunStatus, type QueueService, type StreamService, type TraceContext } from '@motia/engine-core/contract';
import { restErrors } from '../errors.js';
import { readHandlerResponse } from '../handler-response.js';
import type { HttpPayload } from '../http-payload.js';
import type { Route } from '../route.js';
import type { AcceptedRule } from '../trigger-config.js';

/** What a status URL shows. */
export interface RequestStatus {
  readonly id: string;
  readonly state: 'waiting' | 'delayed' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** Runs that were begun. */
  readonly attempts: number;
  /** What the handler returned, once it has. */
  readonly response?: { readonly status: number; readonly headers: Readonly<Record<string, string | readonly string[]>>; readonly body?: unknown };
  /** Why it failed for good. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface AcceptedParts {
  /** Undefined while no module offers it. */
  readonly queue: () => QueueService | undefined;
  readonly streams: () => StreamService | undefined;
  /** `/__motia/requests/` */
  readonly statusPrefix: string;
  readonly mode: 'development' | 'production';
  readonly logger: Logger;
}

/** A request that is to run later. */
export interface Acceptable extends AcceptedRule {
  readonly route: Route;
  readonly payload: HttpPayload;
  /** Of its idempotency key: the same one is the same message. */
  readonly secretName: string | undefined;
  readonly trace: TraceContext | undefined;
  /** Where a host application has mounted the routes. */
  readonly baseUrl: string;
}

/** Stream to which the end of each accepted request is sent, to the group of its id. */
export const ACCEPTED_STREAM = 'motia.requests';
/** Requests whose end is waited for to tell a stream of it. */
const mostWatched = 10_000;
const idPattern = /^req_[A-Za-z0-9_-]{22,43}$/;

/** Requests that were answered with 202: they are calls in a queue, and whoever has the id may see what became of them. */
export class AcceptedRequests {
  readonly #parts: AcceptedParts;
  readonly #stopped = new AbortController();
  #watched = 0;

  constructor(parts: AcceptedParts) {
    this.#parts = parts;
  }

  get isAvailable(): boolean {
    return this.#parts.queue() !== undefined;
  }

  /**
   * Resolves with the answer once the request is kept as durably as the queue promises.
   * @throws `MOTIA_REST_BODY_NOT_KEPT` for bodies that are streamed, and what the queue refuses
   */
  async enqueue({ route, payload, queue: queueName, runMs, secretName, trace, baseUrl }: Acceptable): Promise<Readonly<Record<string, unknown>>> {
    const queue = this.#parts.queue();
    if (queue === undefined) throw restErrors.QUEUE_MISSING({ functionId: route.functionId });
    if (payload.isStreamed) throw restErrors.BODY_NOT_KEPT({});
    // Who knows the id may read the result: it cannot be guessed.
    const id = `req_${secretName ?? randomBytes(16).toString('base64url')}`;
    await queue.enqueueCall(
      {
        functionId: route.functionId, payload: payload.withoutChannels().toValue(), messageId: id, keepResult: true,
        ...(queueName === undefined ? {} : { queue: queueName }),
        ...(runMs === undefined ? {} : { timeoutMs: runMs }),
      },
      trace === undefined ? {} : { trace },
    );
    this.#tellStream(queue, id);
    const statusUrl = `${baseUrl}${this.#parts.statusPrefix}${id}`;
    return { status: 202, headers: { location: statusUrl, 'cache-control': 'no-store' }, body: { id, state: 'waiting', statusUrl } };
  }

  /** Undefined for an id that is not, or no longer, known. */
  async status(id: string): Promise<RequestStatus | undefined> {
    const queue = this.#parts.queue();
    return queue === undefined || !idPattern.test(id) ? undefined : this.#shown(id, await queue.status(id));
  }

  /** Resolves when it has ended, or the signal aborts, with what is known then. */
  async ended(id: string, signal: AbortSignal): Promise<RequestStatus | undefined> {
    const queue = this.#parts.queue();
    return queue === undefined || !idPattern.test(id) ? undefined : this.#shown(id, await queue.ended(id, signal));
  }

  stop(): void {
    this.#stopped.abort();
  }

  #shown(id: string, { state, attempts, result, error }: QueueRunStatus): RequestStatus | undefined {
    if (state === 'unknown') return undefined;
    const shown = { id, state: state === 'dead' ? ('failed' as const) : state, attempts };
    if (state === 'completed') return { ...shown, response: this.#responseOf(result) };
    return error === undefined ? shown : { ...shown, error: { code: error.code, message: this.#parts.mode === 'production' ? 'The handler failed.' : error.message } };
  }

  /** The handler's result as HTTP would have had it; what it could not have had is a failure. */
  #responseOf(result: unknown): NonNullable<RequestStatus['response']> {
    try {
      const { status, headers, body, form } = readHandlerResponse('the handler', result, Number.MAX_SAFE_INTEGER);
      const named: Record<string, string | string[]> = {};
      for (let index = 0; index < headers.length; index += 2) {
        const [name, value] = [String(headers[index]), String(headers[index + 1])];
        const known = named[name];
        named[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
      }
      return { status, headers: named, ...(form === 'none' ? {} : { body: form === 'json' ? (JSON.parse(String(body)) as unknown) : typeof body === 'string' ? body : Buffer.from(body ?? []).toString('base64') }) };
    } catch (error) {
      this.#parts.logger.error('The result of an accepted request is no response', { error });
      return { status: 500, headers: {}, body: { error: { code: isMotiaError(error) ? error.code : 'MOTIA_REST_INVALID_HANDLER_RESPONSE', message: 'The handler returned what cannot be sent.' } } };
    }
  }

  #tellStream(queue: QueueService, id: string): void {
    if (this.#parts.streams() === undefined || this.#watched >= mostWatched) return;
    this.#watched += 1;
    const told = async (): Promise<void> => {
      const ended = await queue.ended(id, this.#stopped.signal);
      const status = this.#shown(id, ended);
      if (this.#stopped.signal.aborted || status === undefined) return;
      await this.#parts.streams()?.send({ stream: ACCEPTED_STREAM, group: id }, { type: status.state, data: status });
    };
    told()
      .catch((error: unknown) => this.#parts.logger.warn('The end of an accepted request could not be told to its stream', { id, error }))
      .finally(() => (this.#watched -= 1));
  }
}
