import type { Ref } from './ref.js';
import type { OptionsSchema } from './options.js';
import type { CONTRACT_VERSION, Lifecycle, PluginContext } from './module.js';

/** How config names a module or an adapter. */
export interface PluginChoice {
  readonly class: string;
  readonly config?: unknown;
}

/** A hole in a module that an adapter fills. Capabilities gate features and conformance tests alike. */
export interface AdapterSlot<A, C extends string = string> extends Ref<A> {
  readonly capabilities: readonly C[];
  /** Class path used when config names none; must need no external service. */
  readonly fallback: string;
}

export interface AdapterDefinition<A = unknown, C extends string = string, O = unknown> {
  readonly kind: 'adapter';
  readonly name: string;
  readonly version: string;
  readonly contract: typeof CONTRACT_VERSION;
  /** Class path in config, e.g. `modules::queue::BuiltinQueueAdapter`. */
  readonly class: string;
  readonly slot: AdapterSlot<A, C>;
  readonly capabilities: readonly NoInfer<C>[];
  readonly options: OptionsSchema<O>;
  create(ctx: PluginContext, options: O): Promise<Lifecycle & { readonly service: NoInfer<A> }>;
}

/** Identity, for inference. */
export function defineAdapter<A, C extends string, O>(definition: Omit<AdapterDefinition<A, C, O>, 'kind'>): AdapterDefinition<A, C, O> {
  return { kind: 'adapter', ...definition };
}
