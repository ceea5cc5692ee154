import type { Ref, Refs } from './ref.js';
import type { OptionsSchema } from './options.js';
import type { AnyModuleDefinition, CONTRACT_VERSION, Lifecycle, PluginContext } from './module.js';

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

export interface AdapterDefinition<A = unknown, C extends string = string, O = unknown, Req extends Refs = Refs> {
  readonly kind: 'adapter';
  readonly name: string;
  readonly version: string;
  readonly contract: typeof CONTRACT_VERSION;
  /** Class path in config, e.g. `modules::queue::BuiltinQueueAdapter`. */
  readonly class: string;
  readonly slot: AdapterSlot<A, C>;
  readonly capabilities: readonly NoInfer<C>[];
  readonly options: OptionsSchema<O>;
  /** Services that it uses. One that no module provides comes from `brings`. */
  readonly requires?: Req;
  /** Modules that the host adds with their default options when nothing else provides what is required: the store, for an adapter that keeps files. */
  readonly brings?: readonly AnyModuleDefinition[];
  create(ctx: PluginContext<Req>, options: O): Promise<Lifecycle & { readonly service: NoInfer<A> }>;
}
/** Any definition, for lists of them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- variance: a list holds definitions of every service and option type
export type AnyAdapterDefinition = AdapterDefinition<any, any, any, any>;

/** Identity, for inference. */
export function defineAdapter<A, C extends string, O, Req extends Refs = {}>(definition: Omit<AdapterDefinition<A, C, O, Req>, 'kind'>): AdapterDefinition<A, C, O, Req> {
  return { kind: 'adapter', ...definition };
}
