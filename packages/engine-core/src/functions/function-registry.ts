import type { FunctionSpec } from '@motia/protocol';
import type { FunctionHandler, FunctionInfo, FunctionRegistry, Invocation, InvokeOptions, Registration } from '../contract/functions.js';
import type { FunctionTable } from './function-table.js';
import type { Ownership } from '../ownership.js';
import { checkSpec, type SpecLimits } from './function-spec.js';
import type { Invoker } from './invoker.js';

/** The registry as one owner sees it: what it registers carries its name. */
export class OwnedFunctionRegistry implements FunctionRegistry {
  readonly #ownership: Ownership;
  readonly #table: FunctionTable;
  readonly #invoker: Invoker;
  readonly #limits: SpecLimits;

  constructor(ownership: Ownership, table: FunctionTable, invoker: Invoker, limits: SpecLimits) {
    this.#ownership = ownership;
    this.#table = table;
    this.#invoker = invoker;
    this.#limits = limits;
  }

  register(spec: FunctionSpec, handler: FunctionHandler): Registration {
    const problem = checkSpec(spec, this.#limits);
    if (problem !== undefined) throw problem;
    return this.#ownership.keep(this.#table.addHandler(spec, this.#ownership.owner, handler));
  }

  invoke(functionId: string, payload: unknown, options?: InvokeOptions): Promise<unknown> {
    return this.#invoker.open(functionId, payload, options).result;
  }

  open(functionId: string, payload: unknown, options?: InvokeOptions): Invocation {
    return this.#invoker.open(functionId, payload, options);
  }

  /** Calls that have not ended, of all functions. Costs far less than a list. */
  get openCalls(): number {
    let sum = 0;
    for (const { inFlight } of this.#table.entries()) sum += inFlight;
    return sum;
  }

  has(functionId: string): boolean {
    return this.#table.find(functionId) !== undefined;
  }

  get(functionId: string): FunctionInfo | undefined {
    return this.#table.find(functionId)?.info();
  }

  list(filter?: { readonly includeInternal?: boolean }): readonly FunctionInfo[] {
    return this.#table.list(filter?.includeInternal === true);
  }

  onChanged(listener: () => void): Registration {
    return this.#ownership.keep(this.#table.onChanged(listener));
  }
}
