import type { IncomingMessage, ServerResponse } from 'node:http';
import { isMotiaError, isWireValue, type ChannelReader, type ChannelRef, type FunctionRegistry, type Invocation, type MotiaError, type OpenSpan, type Telemetry, type TraceContext, type TriggerRegistry } from '@motia/engine-core/contract';
import type { Admission, Applicant } from './admission.js';
import type { ClientFinder } from './client-address.js';
import { sendAnswer, streamHeaders, type AnswerParts, type AnswerRoute } from './answer.js';
import type { Cors, HeaderList } from './cors.js';
import { runMiddleware } from './middleware-run.js';
import type { Middleware } from './middleware-set.js';
import { missingBody, restErrors, type InputProblem } from './errors.js';
import { HttpPayload, noBody, parsedBody, type RequestBody } from './http-payload.js';
import { incomingTrace, traceIdOf } from './incoming-trace.js';
import { lingerAndClose } from './linger.js';
import type { BodyFlow } from './streamed-body.js';
import type { Linked, OpenExchanges } from './open-exchanges.js';
import { decodePathParams, type PathParams } from './path-params.js';
import { sendProblem, toClientError } from './problem-response.js';
import { parseQueryString } from './query-string.js';
import { watchConnection, type Queued } from './queued-responses.js';
import { absentBody, announcesBody, parsedByHost, readRequestBody, type BodyParts } from './request-body.js';
import type { StreamHead } from './response-frames.js';
import type { ResponseOffers, Streamable } from './response-offers.js';
import { channelSource, isStream, iterableSource, type ResponseSource } from './response-source.js';
import { ResponseStream, type StreamOwner } from './response-stream.js';
import type { Route } from './route.js';
import { endServerSpan, openServerSpan } from './server-span.js';

/** What all exchanges of one module share. */
export interface ExchangeParts extends AnswerParts, BodyParts {
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly telemetry: Telemetry;
  readonly admission: Admission;
  readonly cors: Cors | undefined;
  readonly clients: ClientFinder;
  readonly writeTimeoutMs: number;
  /** Set while the module goes down: connections end with the response that is under way. */
  readonly drainState: { isDraining: boolean };
  /** Exchanges whose response has not ended. */
  readonly open: OpenExchanges;
  /** Where handlers may write responses as streams. */
  readonly offers: ResponseOffers;
}

const emptyQuery: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null) as Record<string, unknown>);
/** What is left of a body that nobody read is taken and thrown away up to this size; beyond, the connection is closed. */
const dumpLimitBytes = 64 * 1024;
const noCorsHeaders: readonly string[] = [];

/**
 * One request on a step route, from its head to the end of its response. It answers exactly once (R1): whatever comes
 * first of result, error, refusal or the client's leaving ends it, and what comes later is dropped.
 */
export class Exchange implements Applicant, Linked, Queued, Streamable, StreamOwner {
  newer: Linked | undefined = undefined;
  older: Linked | undefined = undefined;
  #params: PathParams | undefined;
  #query: Readonly<Record<string, unknown>> = emptyQuery;
  #payload: HttpPayload | undefined;
  #invocation: Invocation | undefined;
  #trace: TraceContext | undefined;
  #span: OpenSpan | undefined;
  #unqueue: (() => void) | undefined;
  /** The part of the body that is still arriving. */
  #flow: BodyFlow | undefined;
  #offer: ChannelRef | undefined;
  #stream: ResponseStream | undefined;
  #isAdmitted = false;
  #isOver = false;
  #isClosed = false;
  #startedAtMs = 0;

  constructor(
    private readonly parts: ExchangeParts,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly route: Route,
    private readonly requestId: string,
  ) {
    parts.open.add(this);
    response.on('close', () => this.connectionClosed());
    if (response.socket === null) this.#unqueue = watchConnection(request.socket, this);
  }

  /** `continues`: the client waits for `100 Continue`. */
  begin(rawValues: readonly string[], query: string, continues: boolean): void {
    const { route, request } = this;
    try {
      this.#params = decodePathParams(route.pattern.segments, rawValues);
      const parsed = query === '' ? emptyQuery : parseQueryString(query);
      this.#query = route.checkQuery === undefined ? parsed : route.checkQuery(parsed as never);
      this.#trace = incomingTrace(request.headers);
      if (!announcesBody(request)) return this.#run(absentBody(request));
      // A host application may have read the body before us.
      if (request.readableEnded) return this.#run(parsedByHost((request as { body?: unknown }).body));
    } catch (error) {
      return this.#refuse(error);
    }
    this.#readBody(continues);
  }

  /** A stream of events has no end of its own; its client comes back, and finds whoever serves then. */
  drain(): void {
    if (this.#stream?.isEvents === true) this.#stream.finishEarly();
  }

  /** Ends it from outside: the engine goes down. */
  abandon(error: MotiaError): void {
    if (this.#stream?.hasBegun === true) this.#cut();
    else if (!this.#isOver) this.#problem(error);
    this.#invocation?.cancel('the server is shutting down');
  }

  admitted(): void {
    this.#isAdmitted = true;
    if (this.#isClosed) return this.#leave();
    this.#span = openServerSpan(this.parts.telemetry, this.request, this.route, this.requestId, this.#trace);
    if (this.#span !== undefined) this.#trace = this.#span.context;
    const { middleware, trigger } = this.route;
    if (middleware === undefined && trigger.conditionFunctionId === undefined) return this.#call(this.route.timeoutMs);
    this.#startedAtMs = this.parts.clock.monotonicMs();
    (middleware === undefined ? this.#checkCondition() : this.#passMiddleware(middleware)).catch((error: unknown) => this.#failed(error));
  }

  refused(): void {
    this.#refuse(restErrors.OVERLOADED({ limit: this.parts.admission.limit }));
  }

  /** The response has ended, or the client has gone. */
  connectionClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unqueue?.();
    this.parts.admission.withdraw(this);
    if (!this.#isOver) {
      this.#invocation?.cancel('the client disconnected');
      endServerSpan(this.#span, 499, undefined);
    }
    this.#stream?.cancel();
    this.#release(restErrors.CLIENT_DISCONNECTED);
    this.parts.open.remove(this);
  }

  #readBody(continues: boolean): void {
    const { request, response, parts } = this;
    readRequestBody(
      request,
      {
        parts,
        limitBytes: this.route.bodyLimitBytes,
        rawBody: this.route.rawBody,
        sendContinue: continues ? () => response.writeContinue() : undefined,
      },
      (error, body) => {
        if (body !== undefined) this.#run(body);
        else if (error !== undefined) this.#refuse(error);
      },
    );
  }

  #run(received: RequestBody): void {
    this.#flow = received.flow;
    if (this.#isClosed || this.#isOver) return this.#release(restErrors.CLIENT_DISCONNECTED);
    const { route, request } = this;
    let body: RequestBody;
    try {
      body = checkedBody(received, route);
    } catch (error) {
      return this.#refuse(error);
    }
    this.#offer = this.parts.offers.offer(this);
    this.#payload = new HttpPayload(route.frame, request.method ?? route.method, request.headers, this.#query, this.#params ?? {}, this.requestId, body, this.parts.clients.of(request), this.#offer);
    this.parts.admission.enter(this);
  }

  async #passMiddleware(standing: readonly Middleware[]): Promise<void> {
    const { functions, triggers, clock } = this.parts;
    const outcome = await runMiddleware(standing, {
      functions, triggers, clock,
      request: this.#payload?.head() ?? {},
      deadlineAtMs: this.#startedAtMs + this.route.timeoutMs,
      trace: this.#trace,
      onCall: (invocation) => (this.#invocation = invocation),
      isOver: () => this.#isOver || this.#isClosed,
    });
    if (outcome.functionId !== undefined) return this.#answered(outcome.response, { functionId: outcome.functionId, checkResponse: undefined, defaultStatus: 200 });
    if (outcome.context !== undefined && this.#payload !== undefined) this.#payload.context = outcome.context;
    await this.#checkCondition();
  }

  async #checkCondition(): Promise<void> {
    const { route, parts } = this;
    if (this.#isClosed || this.#isOver) return this.#leave();
    if (route.trigger.conditionFunctionId !== undefined) {
      const outcome = await parts.triggers.checkCondition(route.trigger, this.#payload?.withoutChannels(), this.#options(this.#leftMs()));
      if (outcome === 'blocked') throw restErrors.CONDITION_NOT_MET({ legacyCode: 'CONDITION_NOT_MET' });
      if (this.#isClosed || this.#isOver) return this.#leave();
    }
    this.#call(this.#leftMs());
  }

  #leftMs(): number {
    return Math.max(1, this.route.timeoutMs - (this.parts.clock.monotonicMs() - this.#startedAtMs));
  }

  #call(timeoutMs: number): void {
    const invocation = this.parts.functions.open(this.route.functionId, this.#payload, this.#options(timeoutMs));
    this.#invocation = invocation;
    invocation.result.then(
      (result) => this.#answered(result),
      (error: unknown) => this.#failed(error),
    );
  }

  #options(timeoutMs: number): Route['invokeOptions'] {
    const shared = this.route.invokeOptions;
    if (this.#trace === undefined && timeoutMs === this.route.timeoutMs) return shared;
    return this.#trace === undefined ? { ...shared, timeoutMs } : { ...shared, timeoutMs, trace: this.#trace };
  }

  #answered(result: unknown, answering: AnswerRoute = this.route): void {
    this.#leave();
    if (this.#isOver || this.#isClosed) return;
    // The handler has written its response itself, and may still be doing so.
    if (this.#stream !== undefined) return;
    const { parts, response } = this;
    if (parts.drainState.isDraining) response.shouldKeepAlive = false;
    let status: number;
    try {
      if (isStreamResult(result)) return this.#startStream(iterableSource(result.body, result, answering.functionId, answering.defaultStatus));
      const end = this.#lingering();
      status = sendAnswer(response, result, answering, this.requestId, this.#corsHeaders(), parts, end);
      this.#release(restErrors.BODY_ABANDONED);
    } catch (error) {
      return this.#problem(error);
    }
    this.#isOver = true;
    endServerSpan(this.#span, status, undefined);
    this.#watchWrite();
  }

  #failed(error: unknown): void {
    this.#leave();
    if (this.#isOver || this.#isClosed) return;
    if (this.#stream?.hasBegun === true) return this.broken(error, true);
    this.#stream?.cancel();
    this.#problem(error);
  }

  streamOpened(reader: ChannelReader): void {
    this.#offer = undefined;
    const source = channelSource(reader, this.route.functionId, this.route.defaultStatus);
    if (this.#isOver || this.#isClosed) return source.cancel();
    this.#startStream(source);
  }

  headFor(head: StreamHead): HeaderList {
    const { parts, response } = this;
    if (parts.drainState.isDraining) response.shouldKeepAlive = false;
    return streamHeaders(head, this.requestId, this.#corsHeaders(), parts);
  }

  /** A stream may last: it takes no place from requests that wait for one. */
  begun(): void {
    this.#leave();
  }

  finished(status: number, isEarly: boolean): void {
    this.#isOver = true;
    if (isEarly) this.#invocation?.cancel('the response has ended');
    this.#release(restErrors.BODY_ABANDONED);
    endServerSpan(this.#span, status, undefined);
    this.#watchWrite();
  }

  broken(error: unknown, hasBegun: boolean): void {
    if (this.#isOver || this.#isClosed) return;
    if (!hasBegun) return this.#problem(error);
    const { parts, route } = this;
    parts.logger.error('A response broke off', { requestId: this.requestId, functionId: route.functionId, route: `${route.method} ${route.pattern.path}`, error });
    endServerSpan(this.#span, 500, error);
    this.#cut();
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
    this.#invocation?.cancel('the response broke off');
    // Without chunks the end of the connection is the end of the body: only a reset says that it is not whole.
    if (this.request.httpVersion === '1.0') this.request.socket.resetAndDestroy();
    else this.response.destroy();
  }

  /** Gives back what the handler could still have opened or read. */
  #release(reason: (details: Readonly<Record<never, never>>) => MotiaError): void {
    if (this.#offer !== undefined) this.parts.offers.withdraw(this.#offer);
    this.#offer = undefined;
    this.#flow?.abort(reason({}));
    this.#flow = undefined;
  }

  /** How to end a response whose request is not read to its end: the client must be able to read the answer. */
  #lingering(): ((body: string | Uint8Array | undefined) => void) | undefined {
    const { request, response, parts } = this;
    if (this.#flow === undefined || this.#flow.isComplete) return undefined;
    if (Number(request.headers['content-length'] ?? Infinity) <= dumpLimitBytes) return undefined;
    response.shouldKeepAlive = false;
    return (body) => lingerAndClose(request, response, body, parts.clock);
  }

  /** Before a handler ran. */
  #refuse(error: unknown): void {
    if (this.#isOver || this.#isClosed) return;
    this.#problem(error);
  }

  #problem(error: unknown): void {
    const { parts, route, response, request } = this;
    if (parts.drainState.isDraining) response.shouldKeepAlive = false;
    this.#isOver = true;
    parts.admission.withdraw(this);
    const problem = toClientError(error, parts.mode);
    const trace = this.#invocation?.trace ?? this.#trace ?? parts.telemetry.newTrace();
    const ids = { requestId: this.requestId, traceId: traceIdOf(trace), requestIdHeader: parts.requestIdHeader };
    if (problem.status >= 500) {
      const fields = { requestId: this.requestId, traceId: ids.traceId, functionId: route.functionId, route: `${route.method} ${route.pattern.path}`, code: problem.code, error };
      if (problem.status === 503) parts.logger.warn('Request refused', fields);
      else parts.logger.error('Request failed', fields);
    }
    // Leaving a body half read on a connection that stays open would make the rest of it look like the next request.
    const isTooLarge = isMotiaError(error, 'MOTIA_REST_BODY_TOO_LARGE') && !request.complete;
    const linger = isTooLarge ? (body: string) => lingerAndClose(request, response, body, parts.clock) : this.#lingering();
    this.#release(restErrors.BODY_ABANDONED);
    sendProblem(response, problem, ids, this.#corsHeaders(), linger);
    endServerSpan(this.#span, problem.status, error);
    this.#watchWrite();
  }

  #corsHeaders(): readonly string[] {
    return this.parts.cors === undefined ? noCorsHeaders : this.parts.cors.headersFor(this.request.headers.origin);
  }

  /**
   * A client that takes nothing of a response must not hold its memory for ever: Node cuts a connection on which no byte
   * moves for this long, and leaves a slow one that moves alone. The next request takes the limit off.
   */
  #watchWrite(): void {
    const { socket } = this.response;
    if (socket !== null && socket.writableLength > 0) socket.setTimeout(this.parts.writeTimeoutMs);
  }

  #leave(): void {
    if (!this.#isAdmitted) return;
    this.#isAdmitted = false;
    this.parts.admission.leave();
  }
}

/** The body as its schema wants it. @throws `MOTIA_REST_VALIDATION_FAILED` */
function checkedBody(received: RequestBody, { checkBody, checkForm }: Route): RequestBody {
  if (checkBody === undefined) return received;
  if (received.isForm === true && checkForm !== undefined) {
    const { value, problems } = checkForm(received.value) as { readonly value?: unknown; readonly problems?: readonly InputProblem[] };
    if (problems !== undefined) throw restErrors.VALIDATION_FAILED(problems);
    return { ...received, value, text: JSON.stringify(value) };
  }
  const body = parsedBody(received);
  const problems = checkBody(body.value);
  if (problems !== undefined) throw restErrors.VALIDATION_FAILED(received === noBody ? [missingBody] : problems);
  return body;
}

function isStreamResult(result: unknown): result is Readonly<Record<string, unknown>> & { readonly body: AsyncIterable<unknown> } {
  return typeof result === 'object' && result !== null && !isWireValue(result) && 'body' in result && isStream(result.body);
}
