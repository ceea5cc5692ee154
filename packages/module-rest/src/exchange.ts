import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FunctionRegistry, Invocation, MotiaError, TraceContext, TriggerRegistry } from '@motia/engine-core/contract';
import type { AcceptedRequests } from './accepted/accepted-requests.js';
import type { Admission, Applicant } from './admission.js';
import { readAnswer } from './answer.js';
import type { ClientFinder } from './client-address.js';
import { checkedBody } from './checked-body.js';
import { restErrors } from './errors.js';
import { HttpPayload, noBody, type RequestBody } from './http-payload.js';
import { KeyedRun } from './idempotency/keyed-run.js';
import type { Replays } from './idempotency/replays.js';
import { incomingTrace } from './incoming-trace.js';
import { runMiddleware } from './middleware-run.js';
import type { Middleware } from './middleware-set.js';
import type { Linked, OpenExchanges } from './open-exchanges.js';
import { decodePathParams, type PathParams } from './path-params.js';
import { parseQueryString } from './query-string.js';
import { watchConnection, type Queued } from './queued-responses.js';
import { isStreamResult, Reply, type ReplyOwner, type ReplyParts } from './reply.js';
import { absentBody, announcesBody, parsedByHost, readRequestBody, type BodyParts } from './request-body.js';
import type { Route } from './route.js';
import { openServerSpan } from './server-span.js';
import type { AcceptedRule, IdempotencyRule } from './trigger-config.js';

/** What all exchanges of one module share. */
export interface ExchangeParts extends ReplyParts, BodyParts {
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly admission: Admission;
  readonly clients: ClientFinder;
  readonly replays: Replays;
  readonly accepted: AcceptedRequests;
  /** Exchanges whose response has not ended. */
  readonly open: OpenExchanges;
}

const emptyQuery: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null) as Record<string, unknown>);

/**
 * One request on a step route: read, checked, admitted, shown to middleware and condition, and handed to its function.
 * What is said to the client is the business of its {@link Reply}.
 */
export class Exchange implements Applicant, Linked, Queued, ReplyOwner {
  newer: Linked | undefined = undefined;
  older: Linked | undefined = undefined;
  readonly #reply: Reply;
  #params: PathParams | undefined;
  #query: Readonly<Record<string, unknown>> = emptyQuery;
  #payload: HttpPayload | undefined;
  #body: RequestBody = noBody;
  #invocation: Invocation | undefined;
  /** Of the caller, then of our span. */
  #parent: TraceContext | undefined;
  #unqueue: (() => void) | undefined;
  /** Of a request with an idempotency key. */
  #keyed: KeyedRun | undefined;
  #isAdmitted = false;
  #isClosed = false;
  #isListed = true;
  #startedAtMs = 0;

  constructor(
    private readonly parts: ExchangeParts,
    private readonly request: IncomingMessage,
    response: ServerResponse,
    private readonly route: Route,
    readonly requestId: string,
  ) {
    this.#reply = new Reply(parts, request, response, route, this);
    parts.open.add(this);
    response.on('close', () => this.connectionClosed());
    if (response.socket === null) this.#unqueue = watchConnection(request.socket, this);
  }

  get trace(): TraceContext | undefined {
    return this.#invocation?.trace ?? this.#parent;
  }

  /** `sendContinue` is there when the client waits for `100 Continue`. */
  begin(rawValues: readonly string[], query: string, sendContinue: (() => void) | undefined): void {
    const { route, request } = this;
    try {
      this.#params = decodePathParams(route.pattern.segments, rawValues);
      const parsed = query === '' ? emptyQuery : parseQueryString(query);
      this.#query = route.checkQuery === undefined ? parsed : route.checkQuery(parsed as never);
      this.#parent = incomingTrace(request.headers);
      if (!announcesBody(request)) return this.#arrived(absentBody(request));
      if (route.consumes?.includes(request.headers['content-type']) === false) {
        throw restErrors.UNSUPPORTED_MEDIA_TYPE({ reason: 'its type is another one', accepted: route.consumes.ranges });
      }
      // A host application may have read the body before us.
      if (request.readableEnded) return this.#arrived(parsedByHost(request, route.rawBody));
    } catch (error) {
      return this.#reply.refuse(error);
    }
    this.#readBody(sendContinue);
  }

  drain(): void {
    this.#reply.drain();
  }

  abandon(error: MotiaError): void {
    this.parts.admission.withdraw(this);
    this.#reply.abandon(error);
    this.stopCall('the server is shutting down');
  }

  admitted(): void {
    this.#isAdmitted = true;
    if (this.#isClosed) return this.#leave();
    const span = (this.#reply.span = openServerSpan(this.parts.telemetry, this.request, this.route, this.requestId, this.#parent));
    if (span !== undefined) this.#parent = span.context;
    if (this.route.isDirect && this.route.middleware === undefined) return this.#call(this.route.timeoutMs);
    this.#startedAtMs = this.parts.clock.monotonicMs();
    this.#prepare().catch((error: unknown) => this.#failed(error));
  }

  refused(): void {
    this.#reply.refuse(restErrors.OVERLOADED({ limit: this.parts.admission.limit }));
  }

  /** The response has ended, or the client has gone. */
  connectionClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unqueue?.();
    this.parts.admission.withdraw(this);
    const wasAnswered = this.#reply.close() === 'answered';
    this.#keyed?.clientLeft();
    // What runs under a key goes on without its client, who will ask for the answer again.
    if (this.#keyed?.isHeld === true) return;
    if (!wasAnswered) this.stopCall('the client disconnected');
    this.#unlist();
  }

  streamBegun(): void {
    this.#leave();
    void this.#end((run) => run.complete(undefined));
  }

  stopCall(reason: string): void {
    this.#invocation?.cancel(reason);
  }

  #readBody(sendContinue: (() => void) | undefined): void {
    const { parts, route } = this;
    try {
      readRequestBody(this.request, { parts, limitBytes: route.bodyLimitBytes, timeoutMs: route.bodyTimeoutMs, rawBody: route.rawBody, checkForm: route.checkForm, files: route.files, sendContinue }, (error, body) => {
        if (body !== undefined) this.#arrived(body);
        else if (error !== undefined) this.#reply.refuse(error);
      });
    } catch (error) {
      // There may be no channel left for it.
      this.#reply.refuse(error);
    }
  }

  #arrived(received: RequestBody): void {
    const reply = this.#reply;
    reply.follow(received.flow);
    if (reply.isOver) return reply.release(restErrors.CLIENT_DISCONNECTED);
    const { route, request } = this;
    let body: RequestBody;
    try {
      body = checkedBody(received, route);
    } catch (error) {
      return reply.refuse(error);
    }
    this.#body = body;
    this.#payload = new HttpPayload(route.frame, request.method ?? route.method, request.headers, this.#query, this.#params ?? {}, this.requestId, body, this.parts.clients.of(request), reply.offer());
    this.parts.admission.enter(this);
  }

  /** What stands between a request and its function. An answer on the way, or an error, ends it. */
  async #prepare(): Promise<void> {
    const { middleware, idempotency, trigger } = this.route;
    if (middleware !== undefined && !(await this.#passMiddleware(middleware))) return;
    if (idempotency !== undefined && !(await this.#enterKey(idempotency))) return;
    if (trigger.conditionFunctionId !== undefined) await this.#checkCondition();
    // Nobody waits for it any more, unless it runs under a key.
    if (this.#reply.isOver && this.#keyed?.isHeld !== true) return this.#leave();
    if (this.route.accepted === undefined) this.#call(this.#leftMs());
    else this.#answered(await this.#accept(this.route.accepted));
  }

  #accept(rule: AcceptedRule): Promise<unknown> {
    const { parts, route, request } = this;
    const { baseUrl = '' } = request as { readonly baseUrl?: string };
    return parts.accepted.enqueue({ ...rule, route, payload: this.#payload as HttpPayload, secretName: this.#keyed?.secretName, trace: this.#parent, baseUrl });
  }

  /** False when it has answered. */
  async #passMiddleware(standing: readonly Middleware[]): Promise<boolean> {
    const { functions, triggers, clock } = this.parts;
    const outcome = await runMiddleware(standing, {
      functions, triggers, clock,
      request: this.#payload?.head() ?? {},
      deadlineAtMs: this.#startedAtMs + this.route.timeoutMs,
      trace: this.#parent,
      onCall: (invocation) => (this.#invocation = invocation),
      isOver: () => this.#reply.isOver,
    });
    if (outcome.functionId !== undefined) {
      this.#leave();
      this.#reply.answer(outcome.response, { functionId: outcome.functionId, checkResponse: undefined, defaultStatus: 200, defaultContentType: undefined });
      return false;
    }
    if (outcome.context !== undefined && this.#payload !== undefined) this.#payload.context = outcome.context;
    if (!this.#reply.isOver) return true;
    this.#leave();
    return false;
  }

  /** False when the request was answered as one before it, or nobody waits for an answer. */
  async #enterKey(rule: IdempotencyRule): Promise<boolean> {
    const { parts, route } = this;
    const run = KeyedRun.of(this.request, this.#body, rule, parts.replays);
    if (run === undefined) return true;
    this.#keyed = run;
    const given = await run.enter({ runMs: route.timeoutMs, deadlineAtMs: this.#startedAtMs + route.timeoutMs });
    if (given === undefined && !this.#isClosed) return true;
    void run.release();
    this.#leave();
    if (given !== undefined) this.#reply.give(given);
    return false;
  }

  async #checkCondition(): Promise<void> {
    const { route, parts } = this;
    const outcome = await parts.triggers.checkCondition(route.trigger, this.#payload?.withoutChannels(), this.#options(this.#leftMs()));
    if (outcome === 'blocked') throw restErrors.CONDITION_NOT_MET({ legacyCode: 'CONDITION_NOT_MET' });
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
    if (this.#parent === undefined && timeoutMs === this.route.timeoutMs && this.#keyed === undefined) return shared;
    const { wireResult, trigger } = shared;
    const parent = this.#parent;
    if (this.#keyed !== undefined) return { timeoutMs, wireResult, trigger, ...(parent === undefined ? {} : { trace: parent }), idempotencyKey: this.#keyed.key };
    return parent === undefined ? { timeoutMs, wireResult, trigger } : { timeoutMs, wireResult, trigger, trace: parent };
  }

  #answered(result: unknown): void {
    this.#leave();
    if (this.#keyed?.isHeld !== true) this.#reply.answer(result);
    else void this.#keepAndAnswer(result);
  }

  /** A client that was answered must find the same answer when it asks again: it is kept first. */
  async #keepAndAnswer(result: unknown): Promise<void> {
    const { parts, route } = this;
    try {
      if (this.#reply.isStream || isStreamResult(result)) {
        await this.#end((run) => run.complete(undefined));
        return this.#reply.answer(result);
      }
      const answer = readAnswer(result, route, this, parts);
      // A failure is no answer: whoever repeats the request wants it done.
      await this.#end((run) => (answer.status >= 500 ? run.release() : run.complete(answer)));
      this.#reply.give(answer);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#leave();
    if (this.#keyed?.isHeld !== true) this.#reply.fail(error);
    else void this.#end((run) => run.release()).then(() => this.#reply.fail(error));
  }

  /** Ends what runs under a key. Without its client nothing else is left to be done. */
  async #end(how: (run: KeyedRun) => Promise<void>): Promise<void> {
    if (this.#keyed?.isHeld !== true) return;
    await how(this.#keyed);
    if (this.#isClosed) this.#unlist();
  }

  /** Once, by whatever ends last: a stream and what its handler returned may both end the run under a key. */
  #unlist(): void {
    if (!this.#isListed) return;
    this.#isListed = false;
    this.parts.open.remove(this);
  }

  #leave(): void {
    if (!this.#isAdmitted) return;
    this.#isAdmitted = false;
    this.parts.admission.leave();
  }
}
