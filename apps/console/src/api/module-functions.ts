import { isMotiaError, type FunctionRegistry } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';

const modules: readonly (readonly [prefix: string, module: string])[] = [
  ['state::', 'modules::state::StateModule'],
  ['stream::', 'modules::stream::StreamModule'],
  ['queue::', 'modules::queue::QueueModule'],
  ['enqueue', 'modules::queue::QueueModule'],
  ['cron::', 'modules::cron::CronModule'],
  ['engine::', 'modules::observability::OtelModule'],
];

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
  async call<T>(functionId: string, payload: unknown, options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {}): Promise<T> {
    try {
      return (await this.#functions.invoke(functionId, payload, options)) as T;
    } catch (error) {
      const module = modules.find(([prefix]) => functionId.startsWith(prefix))?.[1];
      if (module !== undefined && isMotiaError(error, 'MOTIA_ENGINE_FUNCTION_NOT_FOUND') && !this.#functions.has(functionId)) throw consoleErrors.MODULE_MISSING({ functionId, module }, error);
      throw error;
    }
  }
}
