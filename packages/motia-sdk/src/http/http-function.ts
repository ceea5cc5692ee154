import { isPromiseLike } from '../runtime/promise-like.js';
import type { StepContext } from '../context/step-context.js';
import { sdkErrors } from '../errors.js';
import type { WireSettings } from '../runtime/app-function.js';
import type { Parse, ParseOutcome } from '../schema/parse-value.js';
import { HttpInput } from './http-input.js';
import { completedAnswer, toWireAnswer } from './http-result.js';
import { completed, streamable } from './stream-answer.js';

/** What an HTTP function is made of. */
export interface HttpFunctionParts {
  readonly functionId: string;
  /** Handler with its middleware around it. */
  readonly handler: (input: HttpInput, context: unknown) => unknown;
  readonly parseBody: Parse | undefined;
  readonly parseQuery: Parse | undefined;
  /** By status: schemas that the engine cannot check. */
  readonly parseResponse: ReadonlyMap<number, Parse> | undefined;
  readonly settings: WireSettings;
}

/** Reads the payload, runs the schemas' own parse, the handler, and writes the answer. Asynchronous only where a part of it is. */
export function httpFunction(parts: HttpFunctionParts): (context: StepContext, payload: unknown) => unknown {
  const prepare = httpInputReader(parts);
  return (context, payload) => {
    const input = prepare(context, payload);
    if (isPromiseLike(input)) return input.then((ready) => finish(parts, context, ready, parts.handler(ready, context)));
    return finish(parts, context, input, parts.handler(input, context));
  };
}

/** A condition sees what the handler would see; nothing it returns but `false` matters. */
export function httpCondition(parts: Pick<HttpFunctionParts, 'functionId' | 'parseBody' | 'parseQuery' | 'handler'>): (context: StepContext, payload: unknown) => unknown {
  const prepare = httpInputReader(parts);
  return (context, payload) => {
    const input = prepare(context, payload);
    return isPromiseLike(input) ? input.then((ready) => parts.handler(ready, context)) : parts.handler(input, context);
  };
}

type InputReader = (context: StepContext, payload: unknown) => HttpInput | Promise<HttpInput>;

function httpInputReader({ functionId, parseBody, parseQuery }: Pick<HttpFunctionParts, 'functionId' | 'parseBody' | 'parseQuery'>): InputReader {
  const accept = (input: HttpInput, part: 'body' | 'query', outcome: ParseOutcome): void => {
    if (!outcome.ok) throw sdkErrors.INPUT_INVALID({ functionId, part, problems: outcome.problems });
    if (part === 'body') input.body = outcome.value;
    else input.queryParams = outcome.value as HttpInput['queryParams'];
  };
  const parseBoth = async (input: HttpInput): Promise<HttpInput> => {
    if (parseQuery !== undefined) accept(input, 'query', await parseQuery(input.queryParams));
    if (parseBody !== undefined) accept(input, 'body', await parseBody(input.body));
    return input;
  };
  return (context, payload) => {
    const input = new HttpInput(payload, context);
    context.setInput(input);
    if (parseQuery !== undefined) return parseBoth(input);
    if (parseBody === undefined) return input;
    const outcome = parseBody(input.body);
    if (outcome instanceof Promise) {
      return outcome.then((settled) => {
        accept(input, 'body', settled);
        return input;
      });
    }
    accept(input, 'body', outcome);
    return input;
  };
}

function finish(parts: HttpFunctionParts, context: StepContext, input: HttpInput, returned: unknown): unknown {
  const call = { context, input, answer: (value: unknown) => answer(parts, context, input, value) };
  return isPromiseLike(returned) ? streamable(call, returned) : completed(call, returned);
}

function answer(parts: HttpFunctionParts, context: StepContext, input: HttpInput, returned: unknown): unknown {
  const completed = completedAnswer(input, returned);
  if (parts.parseResponse !== undefined) {
    const pending = checkResponse(parts, context, completed);
    if (pending !== undefined) return pending.then(() => toWireAnswer(completed, parts.functionId, parts.settings.rawThresholdBytes));
  }
  return toWireAnswer(completed, parts.functionId, parts.settings.rawThresholdBytes);
}

function checkResponse(parts: HttpFunctionParts, context: StepContext, completed: unknown): Promise<void> | undefined {
  if (typeof completed !== 'object' || completed === null) return undefined;
  const { status = 200, body } = completed as { status?: number; body?: unknown };
  const outcome = parts.parseResponse?.get(status)?.(body);
  if (outcome === undefined) return undefined;
  const judge = (settled: ParseOutcome): void => {
    if (settled.ok) return;
    const error = sdkErrors.RESPONSE_INVALID({ functionId: parts.functionId, status, problems: settled.problems });
    if (parts.settings.mode === 'development') throw error;
    context.logger.warn(error.message, { code: error.code, problems: settled.problems });
  };
  if (outcome instanceof Promise) return outcome.then(judge);
  judge(outcome);
  return undefined;
}
