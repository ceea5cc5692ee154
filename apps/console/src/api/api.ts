import { isMotiaError, type Logger } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';
import { checkAnswer } from './check-answer.js';
import type { ApiRoute } from './api-route.js';
import { RouteSet } from './route-set.js';
import { ChangeFailed } from './traced-change.js';

export interface ApiCall {
  readonly method: string;
  /** Below `/api/v1`, percent-encoded, without the query. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

export interface ApiParts {
  /** What is not as the contract says is an error. */
  readonly checksAnswers: boolean;
  readonly logger: Logger;
  /** Who changes things through it, for the log. */
  readonly caller: string;
}

/** The data API as a function: the HTTP listener and the engine's local socket both ask it. */
export class Api {
  readonly #routes: RouteSet;
  readonly #parts: ApiParts;

  constructor(routes: readonly ApiRoute[], parts: ApiParts) {
    this.#routes = new RouteSet(routes);
    this.#parts = parts;
  }

  /**
   * @throws MotiaError of the route, of the module behind it, `MOTIA_CONSOLE_NOT_FOUND`, `MOTIA_CONSOLE_METHOD_NOT_ALLOWED`,
   * `MOTIA_CONSOLE_QUERY_INVALID`, `MOTIA_CONSOLE_ANSWER_INVALID`; ChangeFailed around it where a change failed that has a trace
   */
  async call({ method, path, query, body, signal }: ApiCall): Promise<unknown> {
    const { route, params } = this.#routes.find(method === 'HEAD' ? 'GET' : method, path);
    refuseUnknown(route, query);
    const ask = async (): Promise<unknown> => {
      const answer = await route.handle({ method: route.method, params, query, body, signal });
      if (this.#parts.checksAnswers) checkAnswer(route, answer);
      return answer;
    };
    return await (route.method === 'POST' ? this.#logged(path, ask) : ask());
  }

  /** Who may change things may do much: the log says what was done. Bodies stay out of it. */
  async #logged(path: string, change: () => Promise<unknown>): Promise<unknown> {
    const { logger, caller } = this.#parts;
    const inTrace = (traceId: unknown): Logger => (typeof traceId === 'string' ? logger.child({ traceId }) : logger);
    try {
      const answer = await change();
      inTrace((answer as { readonly traceId?: unknown } | null)?.traceId).info('Changed through the data API', { path, caller });
      return answer;
    } catch (error) {
      const { cause, traceId } = error instanceof ChangeFailed ? error : { cause: error, traceId: undefined };
      inTrace(traceId).info('A change through the data API failed', { path, caller, ...(isMotiaError(cause) ? { code: cause.code } : {}) });
      throw error;
    }
  }
}

/** A parameter that nobody looks at would be taken for one that has an effect. */
function refuseUnknown({ takes }: ApiRoute, query: ReadonlyMap<string, string>): void {
  for (const parameter of query.keys()) {
    if (takes.includes(parameter)) continue;
    throw consoleErrors.QUERY_INVALID({ parameter: parameter.slice(0, 64), reason: takes.length === 0 ? 'is not known: this path takes none' : `is not known: this path takes ${takes.join(', ')}` });
  }
}
