import type { IncomingMessage, ServerResponse } from 'node:http';
import { inTrace } from '@motia/engine-core';
import { isMotiaError, isWireValue, type ChannelReader, type ChannelRef, type Clock, type MotiaError, type OpenSpan, type Telemetry } from '@motia/engine-core/contract';
import { readAnswer, streamHeaders, writeAnswer, type AnsweredRequest, type AnswerParts, type AnswerRoute } from './answer.js';
import type { Cors, HeaderList } from './cors.js';
import { restErrors } from './errors.js';
import type { HandlerResponse } from './handler-response.js';
import { traceIdOf } from './incoming-trace.js';
import { lingerAndClose } from './linger.js';
import { sendProblem, toClientError } from './problem-response.js';
import type { StreamHead } from './response-frames.js';
import type { ResponseOffers, Streamable } from './response-offers.js';
import { channelSource, isStream, iterableSource, type ResponseSource } from './response-source.js';
import { ResponseStream, type StreamOwner } from './response-stream.js';
import type { Route } from './route.js';
import { endServerSpan } from './server-span.js';
import type { BodyFlow } from './streamed-body.js';
import { limitRest } from './write-limit.js';

/** What all replies of one module share. */
export interface ReplyParts extends AnswerParts {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly cors: Cors | undefined;
  readonly writeTimeoutMs: number;
  /** Set while the module goes down: connections end with the response that is under way. */
  readonly drainState: { isDraining: boolean };
  /** Where handlers may write responses as streams. */
  readonly offers: ResponseOffers;
}

/** The exchange that a reply belongs to. */
export interface ReplyOwner extends AnsweredRequest {
  /** The response is a stream, and its head is out. */
  streamBegun(): void;
  /** Nobody waits for the call. */
  stopCall(reason: string): void;
}

const noCorsHeaders: readonly string[] = [];
/** What is left of a body that nobody read is taken and thrown away up to this size; beyond, the connection is closed. */
const dumpLimitBytes = 64 * 1024;

/**
 * The response of one exchange. It is given exactly once (R1): whatever comes first of result, stream, error and the
 * client's leaving ends it, and what comes later is dropped.
 */
export class Reply implements Streamable, StreamOwner {
  /** Set when a handler's span records. */
  span: OpenSpan | undefined;
  #isOver = false;
  #isClosed = false;
  #offer: ChannelRef | undefined;
  #stream: ResponseStream | undefined;
  /** The part of the request's body that is still arriving. */
  #flow: BodyFlow | undefined;

  constructor(
    private readonly parts: ReplyParts,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly route: Route,
    private readonly owner: ReplyOwner,
  ) {}

  /** Nothing more can be said: it was answered, or nobody is there. */
  get isOver(): boolean {
    return this.#isOver || this.#isClosed;
  }

  /** Takes care of a body that arrives while the handler runs. */
  follow(flow: BodyFlow | undefined): void {
    this.#flow = flow;
  }

  /** Where the handler may write the response as a stream. */
  offer(): ChannelRef {
    return (this.#offer = this.parts.offers.offer(this));
  }

  /** A stream of events has no end of its own; its client comes back, and finds whoever serves then. */
  drain(): void {
    if (this.#stream?.isEvents === true) this.#stream.finishEarly();
  }

  /** Ends it from outside: the engine goes down. */
  abandon(error: MotiaError): void {
    if (this.#stream?.hasBegun === true) this.#cut();
    else if (!this.#isOver) this.refuse(error);
  }

  /** The connection has closed, or everything was sent. Tells whether that was before the answer. */
  close(): 'answered' | 'unanswered' {
    this.#isClosed = true;
    const wasAnswered = this.#isOver;
    if (!wasAnswered) endServerSpan(this.span, 499, undefined);
    this.#stream?.cancel();
    this.release(restErrors.CLIENT_DISCONNECTED);
    return wasAnswered ? 'answered' : 'unanswered';
  }

  /** With what a handler, or middleware in its place, returned. */
  answer(result: unknown, answering: AnswerRoute = this.route): void {
    // The handler has written its response itself, and may still be doing so.
    if (this.isOver || this.isStream) return;
    try {
      if (isStreamResult(result)) this.#startStream(iterableSource(result.body, result, answering.functionId, answering.defaultStatus));
      else this.#write(readAnswer(result, answering, this.owner, this.parts));
    } catch (error) {
      this.refuse(error);
    }
  }

  /** With an answer that was read before. */
  give(answer: HandlerResponse): void {
    if (this.isOver || this.isStream) return;
    try {
      this.#write(answer);
    } catch (error) {
      this.refuse(error);
    }
  }

  /** The handler writes the response itself, or has done so. */
  get isStream(): boolean {
    return this.#stream !== undefined;
  }

  /** The handler failed. */
  fail(error: unknown): void {
    if (this.isOver) return;
    if (this.#stream?.hasBegun === true) return this.broken(error, true);
    this.#stream?.cancel();
    this.refuse(error);
  }

  /** With an error, where no answer was begun. */
  refuse(error: unknown): void {
    if (this.isOver) return;
    const { parts, route, response, request, owner } = this;
    if (parts.drainState.isDraining) response.shouldKeepAlive = false;
    this.#isOver = true;
    const problem = toClientError(error, parts.mode);
    const trace = owner.trace ?? parts.telemetry.newTrace();
    const ids = { requestId: owner.requestId, traceId: traceIdOf(trace), requestIdHeader: parts.requestIdHeader };
    if (problem.status >= 500) {
      const fields = { requestId: ids.requestId, functionId: route.functionId, route: nameOf(route), code: problem.code, error };
      const logger = inTrace(parts.logger, trace);
      if (problem.status === 503) logger.warn('Request refused', fields);
      else logger.error('Request failed', fields);
    }
    // Leaving a body half read on a connection that stays open would make the rest of it look like the next request.
    const isTooLarge = isMotiaError(error, 'MOTIA_REST_BODY_TOO_LARGE') && !request.complete;
    const linger = isTooLarge ? (body: string) => lingerAndClose(request, response, body, parts.clock) : this.#lingering();
    this.release(restErrors.BODY_ABANDONED);
    sendProblem(response, problem, ids, this.#corsHeaders(), linger);
    endServerSpan(this.span, problem.status, error);
    limitRest(response, parts.writeTimeoutMs);
  }

  /** Gives back what the handler could still have opened or read. */
  release(reason: (details: Readonly<Record<never, never>>) => MotiaError): void {
    if (this.#offer !== undefined) this.parts.offers.withdraw(this.#offer);
    this.#offer = undefined;
    this.#flow?.abort(reason({}));
    this.#flow = undefined;
  }

  streamOpened(reader: ChannelReader): void {
    this.#offer = undefined;
    const source = channelSource(reader, this.route.functionId, this.route.defaultStatus);
    if (this.isOver) return source.cancel();
    this.#startStream(source);
  }

  headFor(head: StreamHead): HeaderList {
    const { parts, response } = this;
    if (parts.drainState.isDraining) response.shouldKeepAlive = false;
    return streamHeaders(head, { requestId: this.owner.requestId, corsHeaders: this.#corsHeaders(), requestIdHeader: parts.requestIdHeader }, this.route.defaultContentType);
  }

  /** A stream may last: it takes no place from requests that wait for one. */
  begun(): void {
    this.owner.streamBegun();
  }

  finished(status: number, isEarly: boolean): void {
    this.#isOver = true;
    if (isEarly) this.owner.stopCall('the response has ended');
    this.release(restErrors.BODY_ABANDONED);
    endServerSpan(this.span, status, undefined);
    // A client that takes nothing of a response must not hold its memory for ever.
    limitRest(this.response, this.parts.writeTimeoutMs);
  }

  broken(error: unknown, hasBegun: boolean): void {
    if (this.isOver) return;
    if (!hasBegun) return this.refuse(error);
    const { parts, route, owner } = this;
    inTrace(parts.logger, owner.trace).error('A response broke off', { requestId: owner.requestId, functionId: route.functionId, route: nameOf(route), error });
    endServerSpan(this.span, 500, error);
    this.#cut();
  }

  #write(answer: HandlerResponse): void {
    const { parts, response } = this;
    if (parts.drainState.isDraining) response.shouldKeepAlive = false;
    writeAnswer(response, answer, { requestId: this.owner.requestId, corsHeaders: this.#corsHeaders(), requestIdHeader: parts.requestIdHeader, end: this.#lingering() });
    this.release(restErrors.BODY_ABANDONED);
    this.#isOver = true;
    endServerSpan(this.span, answer.status, undefined);
    limitRest(response, parts.writeTimeoutMs);
  }

  #startStream(source: ResponseSource): void {
    const { route, parts } = this;
    this.#stream = new ResponseStream(this.response, source, this, { functionId: route.functionId, writeTimeoutMs: parts.writeTimeoutMs });
    void this.#stream.run();
  }

  /** The head is out and the rest will not come: only the connection can say so. */
  #cut(): void {
    this.#isOver = true;
    this.#stream?.cancel();
    this.owner.stopCall('the response broke off');
    // Without chunks the end of the connection is the end of the body: only a reset says that it is not whole.
    if (this.request.httpVersion === '1.0') this.request.socket.resetAndDestroy();
    else this.response.destroy();
  }

  /** How to end a response whose request is not read to its end: the client must be able to read the answer. */
  #lingering(): ((body: string | Uint8Array | undefined) => void) | undefined {
    const { request, response, parts } = this;
    if (this.#flow === undefined || this.#flow.isComplete) return undefined;
    if (Number(request.headers['content-length'] ?? Infinity) <= dumpLimitBytes) return undefined;
    response.shouldKeepAlive = false;
    return (body) => lingerAndClose(request, response, body, parts.clock);
  }

  #corsHeaders(): readonly string[] {
    return this.parts.cors === undefined ? noCorsHeaders : this.parts.cors.headersFor(this.request.headers.origin);
  }
}

/** True when a handler inside this process returned a body that is made while it is sent. */
export function isStreamResult(result: unknown): result is Readonly<Record<string, unknown>> & { readonly body: AsyncIterable<unknown> } {
  return typeof result === 'object' && result !== null && !isWireValue(result) && 'body' in result && isStream(result.body);
}

function nameOf({ method, pattern }: Route): string {
  return `${method} ${pattern.path}`;
}
