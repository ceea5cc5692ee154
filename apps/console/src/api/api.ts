import { checkAnswer } from './check-answer.js';
import type { ApiRoute } from './api-route.js';
import { RouteSet } from './route-set.js';

export interface ApiCall {
  readonly method: string;
  /** Below `/api/v1`, percent-encoded, without the query. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** The data API as a function: the HTTP listener and the engine's local socket both ask it. */
export class Api {
  readonly #routes: RouteSet;
  readonly #checksAnswers: boolean;

  /** `checksAnswers`: what is not as the contract says is an error. */
  constructor(routes: readonly ApiRoute[], { checksAnswers }: { readonly checksAnswers: boolean }) {
    this.#routes = new RouteSet(routes);
    this.#checksAnswers = checksAnswers;
  }

  /** @throws MotiaError of the route, of the module behind it, `MOTIA_CONSOLE_NOT_FOUND`, `MOTIA_CONSOLE_METHOD_NOT_ALLOWED`, `MOTIA_CONSOLE_ANSWER_INVALID` */
  async call({ method, path, query, body, signal }: ApiCall): Promise<unknown> {
    const { route, params } = this.#routes.find(method === 'HEAD' ? 'GET' : method, path);
    const answer = await route.handle({ method: route.method, params, query, body, signal });
    if (this.#checksAnswers) checkAnswer(route, answer);
    return answer;
  }
}
