import type { FunctionSpec, TriggerSpec, TriggerTypeSpec } from '@motia/protocol';

/** A function that a program registers itself, beside its Steps. */
export interface DynamicFunction {
  readonly spec: FunctionSpec;
  readonly run: (payload: unknown) => unknown;
}

/** What implements a kind of trigger: told of each trigger of that kind. A trigger whose `registerTrigger` throws is rejected. */
export interface TriggerTypeHandler<TConfig = unknown> {
  registerTrigger(config: { readonly id: string; readonly function_id: string; readonly config: TConfig }): Promise<void> | void;
  unregisterTrigger(config: { readonly id: string; readonly function_id: string; readonly config: TConfig }): Promise<void> | void;
}
export interface DynamicTriggerType {
  readonly spec: TriggerTypeSpec;
  readonly handler: TriggerTypeHandler<never>;
}

/** One registration that came or went. */
export type RegistrationChange =
  | { readonly kind: 'function'; readonly added?: DynamicFunction; readonly removedId?: string }
  | { readonly kind: 'trigger'; readonly added?: TriggerSpec; readonly removedId?: string }
  | { readonly kind: 'type'; readonly added?: DynamicTriggerType; readonly removedId?: string };

/**
 * Everything that the program of this process has registered by itself. Connections take over what is there when they
 * begin and hear of what comes later, so that a registration may be made at any time and survives a reconnect.
 */
export class Registrations {
  readonly functions = new Map<string, DynamicFunction>();
  readonly triggers = new Map<string, TriggerSpec>();
  readonly types = new Map<string, DynamicTriggerType>();
  readonly #listeners = new Set<(change: RegistrationChange) => void>();

  /** @returns ends it */
  onChange(listener: (change: RegistrationChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  addFunction(added: DynamicFunction): void {
    this.functions.set(added.spec.id, added);
    this.#tell({ kind: 'function', added });
  }
  removeFunction(removedId: string): void {
    if (this.functions.delete(removedId)) this.#tell({ kind: 'function', removedId });
  }
  addTrigger(added: TriggerSpec): void {
    this.triggers.set(added.id, added);
    this.#tell({ kind: 'trigger', added });
  }
  removeTrigger(removedId: string): void {
    if (this.triggers.delete(removedId)) this.#tell({ kind: 'trigger', removedId });
  }
  addType(added: DynamicTriggerType): void {
    this.types.set(added.spec.id, added);
    this.#tell({ kind: 'type', added });
  }
  removeType(removedId: string): void {
    if (this.types.delete(removedId)) this.#tell({ kind: 'type', removedId });
  }

  #tell(change: RegistrationChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
