import { randomBytes } from 'node:crypto';
import { isMotiaError, type FunctionRegistry, type TraceContext } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';
import { callForChange, ChangeFailed } from './traced-change.js';

const modules: readonly (readonly [prefix: string, module: string])[] = [
  ['state::', 'modules::state::StateModule'],
  ['stream::', 'modules::stream::StreamModule'],
  ['queue::', 'modules::queue::QueueModule'],
  ['enqueue', 'modules::queue::QueueModule'],
  ['cron::', 'modules::cron::CronModule'],
  ['engine::', 'modules::observability::OtelModule'],
];

/** What a change answered, and the trace that it made. */
export interface Acted<T> {
  readonly result: T;
  readonly traceId: string;
}

/** Calls functions of modules on behalf of the console, and says which module is missing when one is. */
export class ModuleFunctions {
  readonly #functions: FunctionRegistry;

  constructor(functions: FunctionRegistry) {
    this.#functions = functions;
  }

  has(functionId: string): boolean {
    return this.#functions.has(functionId);
  }

  /** @throws `MOTIA_CONSOLE_MODULE_MISSING`, and what the function throws */
  async call<T>(functionId: string, payload: unknown, { signal }: { readonly signal?: AbortSignal } = {}): Promise<T> {
    try {
      return (await this.#functions.invoke(functionId, payload, { ...(signal === undefined ? {} : { signal }), trace: unrecordedTrace() })) as T;
    } catch (error) {
      throw this.#named(functionId, error);
    }
  }

  /** For changes. @throws ChangeFailed, `MOTIA_CONSOLE_MODULE_MISSING` */
  async act<T>(functionId: string, payload: unknown, { signal }: { readonly signal: AbortSignal }): Promise<Acted<T>> {
    try {
      const { result, traceId } = await callForChange(this.#functions, functionId, payload, { signal });
      // JSON has no undefined, and every change answers a result.
      return { result: (result === undefined ? null : result) as T, traceId };
    } catch (error) {
      const missing = error instanceof ChangeFailed ? this.#named(functionId, error.error) : error;
      throw isMotiaError(missing, 'MOTIA_CONSOLE_MODULE_MISSING') ? missing : error;
    }
  }

  #named(functionId: string, error: unknown): unknown {
    const module = modules.find(([prefix]) => functionId.startsWith(prefix))?.[1];
    const isMissing = module !== undefined && isMotiaError(error, 'MOTIA_ENGINE_FUNCTION_NOT_FOUND') && !this.#functions.has(functionId);
    return isMissing ? consoleErrors.MODULE_MISSING({ functionId, module }, error) : error;
  }
}

/** Whoever looks at traces does not want to see the looking: it is marked as not to be recorded. */
function unrecordedTrace(): TraceContext {
  return { traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00` };
}
