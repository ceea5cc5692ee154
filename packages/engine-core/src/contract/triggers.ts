import type { JsonSchema, MotiaError } from '@motia/protocol';
import type { Invocation, InvokeOptions, Registration } from './functions.js';
import type { OptionsSchema } from './options.js';

/**
 * One subscriber. Its identity is (type, function id, canonical config with condition): three replicas that register
 * the same trigger are one subscriber, one slot, one delivery.
 */
export interface Trigger<C = unknown> {
  /** Derived from the identity; the same in every engine and after every restart. */
  readonly id: string;
  readonly type: string;
  readonly functionId: string;
  /** Parsed, with defaults. */
  readonly config: C;
  readonly conditionFunctionId?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Grows with each worker generation that registered it; the newest wins where two differ. */
  readonly generation: number;
  /** Who registered it, for messages: a worker's label or a module's name. */
  readonly owners: readonly string[];
}

/** Applied as one step: removals first. */
export interface TriggerChange<C = unknown> {
  readonly added: readonly Trigger<C>[];
  readonly removed: readonly Trigger<C>[];
}
/** Trigger id to the reason it cannot be bound (a route conflict, a reserved path). */
export type TriggerRejections = ReadonlyMap<string, MotiaError>;

/** What a module offers as a kind of trigger. */
export interface TriggerTypeDefinition<C = unknown> {
  readonly type: string;
  readonly description?: string;
  readonly config: OptionsSchema<C>;
  /** JSON Schema of the payload that the function gets. */
  readonly payloadSchema?: JsonSchema;
  /** What `apply` would reject of this change; changes nothing. Left out: nothing is known before. */
  check?(change: TriggerChange<C>): TriggerRejections | void;
  /** Binds and unbinds. Calls never overlap. Triggers it does not reject are bound when it resolves. */
  apply(change: TriggerChange<C>): TriggerRejections | void | Promise<TriggerRejections | void>;
}

export interface TriggerInfo {
  readonly id: string;
  readonly type: string;
  readonly functionId: string;
  readonly config: unknown;
  readonly conditionFunctionId?: string;
  readonly status: 'bound' | 'parked' | 'rejected';
  readonly reason?: string;
  readonly owners: readonly string[];
}

export type ConditionOutcome = 'passed' | 'blocked';

export interface TriggerRegistry {
  /** Triggers that were parked for this type are applied before it resolves. @throws `MOTIA_ENGINE_TRIGGER_TYPE_CONFLICT` */
  registerType<C>(definition: TriggerTypeDefinition<C>): Promise<Registration>;
  /** A trigger made by a module or an embedding program. @throws its rejection */
  register(spec: { readonly type: string; readonly functionId: string; readonly config: unknown; readonly metadata?: Readonly<Record<string, unknown>> }): Promise<Registration>;
  list(): readonly TriggerInfo[];
  types(): readonly { readonly type: string; readonly description?: string; readonly configSchema: unknown }[];
  /** Calls the condition function if there is one. Only a literal `false` blocks. Its errors are thrown. */
  checkCondition(trigger: Trigger, payload: unknown, options?: InvokeOptions): Promise<ConditionOutcome>;
  /** Starts the trigger's function, condition not looked at. */
  open(trigger: Trigger, payload: unknown, options?: InvokeOptions): Invocation;
  onChanged(listener: () => void): Registration;
}
