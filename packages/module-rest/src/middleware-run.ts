import { isMotiaError, type Clock, type FunctionRegistry, type Invocation, type InvokeOptions, type TraceContext, type TriggerRegistry } from '@motia/engine-core/contract';
import { restErrors } from './errors.js';
import type { Middleware } from './middleware-set.js';

/** What middleware did with a request: an answer in place of the handler's, or values for it. */
export type MiddlewareOutcome =
  | { readonly functionId: string; readonly response: Readonly<Record<string, unknown>> }
  | { readonly functionId: undefined; readonly context: Readonly<Record<string, unknown>> | undefined };

/** A request on its way through middleware. */
export interface MiddlewarePass {
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly clock: Clock;
  readonly request: Readonly<Record<string, unknown>>;
  /** On the clock's monotonic scale. */
  readonly deadlineAtMs: number;
  readonly trace: TraceContext | undefined;
  /** The call under way, so that it can be cancelled. */
  onCall(invocation: Invocation): void;
  /** Nobody waits for an answer any more. */
  isOver(): boolean;
}

/**
 * Calls middleware one after another until one answers. It fails closed: whatever goes wrong in it is the answer.
 * @throws `MOTIA_REST_MIDDLEWARE_TIMEOUT`, `MOTIA_REST_INVALID_MIDDLEWARE_RESPONSE`, what a function threw
 */
export async function runMiddleware(standing: readonly Middleware[], pass: MiddlewarePass): Promise<MiddlewareOutcome> {
  let context: Record<string, unknown> | undefined;
  for (const middleware of standing) {
    if (pass.isOver()) break;
    const answer = await callOne(middleware, { phase: 'preHandler', request: pass.request, context: context ?? {} }, pass);
    if (answer === undefined) continue;
    if (answer.response !== undefined) return { functionId: middleware.functionId, response: answer.response };
    if (answer.context !== undefined) context = { ...context, ...answer.context };
  }
  return { functionId: undefined, context };
}

interface Answer {
  readonly response?: Readonly<Record<string, unknown>> | undefined;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
}

/** Undefined when the trigger's own condition kept it out. */
async function callOne(middleware: Middleware, input: unknown, pass: MiddlewarePass): Promise<Answer | undefined> {
  const { functionId, trigger, timeoutMs } = middleware;
  const leftMs = Math.max(1, pass.deadlineAtMs - pass.clock.monotonicMs());
  const allowedMs = timeoutMs === undefined ? leftMs : Math.min(timeoutMs, leftMs);
  const options: InvokeOptions = { timeoutMs: allowedMs, ...(pass.trace === undefined ? {} : { trace: pass.trace }), ...(trigger === undefined ? {} : { trigger: { id: trigger.id, type: trigger.type } }) };
  try {
    if (trigger?.conditionFunctionId !== undefined && (await pass.triggers.checkCondition(trigger, input, options)) === 'blocked') return undefined;
    const invocation = pass.functions.open(functionId, input, options);
    pass.onCall(invocation);
    return readAnswer(functionId, await invocation.result);
  } catch (error) {
    if (isMotiaError(error, 'MOTIA_ENGINE_DEADLINE_EXCEEDED')) throw restErrors.MIDDLEWARE_TIMEOUT({ functionId, timeoutMs: Math.round(allowedMs), legacyCode: 'MIDDLEWARE_TIMEOUT' }, error);
    throw error;
  }
}

function readAnswer(functionId: string, answer: unknown): Answer {
  const fail = (field: string, problem: string): Error => restErrors.INVALID_MIDDLEWARE_RESPONSE({ functionId, field, problem });
  if (!isRecord(answer)) throw fail('the result', 'must be { action: "continue" } or { action: "respond", response }');
  if (answer['action'] === 'continue') {
    const { context } = answer;
    if (context === undefined || context === null) return {};
    if (!isRecord(context)) throw fail('context', 'must be an object');
    return { context };
  }
  if (answer['action'] !== 'respond') throw fail('action', 'must be "continue" or "respond"');
  const { response } = answer;
  if (!isRecord(response)) throw fail('response', 'must be an object with status_code, headers or body');
  return { response: 'body' in response || 'status' in response || 'status_code' in response || 'headers' in response ? response : { ...response, status_code: 200 } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
