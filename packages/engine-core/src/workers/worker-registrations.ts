import type { FunctionSpec, MotiaError, RegistrationRejection, TriggerSpec, TriggerTypeSpec } from '@motia/protocol';
import { invocationErrors } from '../errors/invocation-errors.js';
import { checkDescription, checkName, checkSpec, isRecord, type SpecLimits } from '../functions/function-spec.js';
import { internalPrefix, type FunctionTable } from '../functions/function-table.js';
import { identify, type TriggerIdentity } from '../triggers/trigger-identity.js';
import type { TypeOffer } from '../triggers/trigger-lane.js';
import type { Metadata } from '../triggers/trigger-record.js';
import type { TriggerTable } from '../triggers/trigger-table.js';

export interface RegistrationLimits extends SpecLimits {
  readonly maxFunctions: number;
  readonly maxTriggers: number;
}

export interface HeldTrigger {
  readonly identity: TriggerIdentity;
  readonly metadata: Metadata | undefined;
}

/** What one worker has registered, checked, whether it is live or not. */
export class WorkerRegistrations {
  readonly functions = new Map<string, FunctionSpec>();
  /** By the id that the worker chose. */
  readonly triggers = new Map<string, HeldTrigger>();
  readonly types = new Map<string, TypeOffer>();
  readonly #limits: RegistrationLimits;

  constructor(limits: RegistrationLimits) {
    this.#limits = limits;
  }

  /** Why this function cannot be taken. Nothing is kept yet. */
  checkFunction(spec: FunctionSpec, table: FunctionTable): MotiaError | undefined {
    const wrong = checkSpec(spec, this.#limits);
    if (wrong !== undefined) return wrong;
    if (spec.id.startsWith(internalPrefix)) return invocationErrors.RESERVED_NAME({ name: spec.id, prefix: internalPrefix });
    if (this.functions.has(spec.id)) return invocationErrors.FUNCTION_CONFLICT({ functionId: spec.id, owner: 'the same process' });
    if (this.functions.size >= this.#limits.maxFunctions) return invocationErrors.LIMIT({ what: 'The number of functions of one process', limit: this.#limits.maxFunctions });
    return table.conflictFor(spec.id);
  }

  /** Checks a trigger and its config, as far as its type is known. */
  admitTrigger(spec: TriggerSpec, table: TriggerTable): HeldTrigger | MotiaError {
    if (!isRecord(spec)) return invocationErrors.INVALID_REGISTRATION({ name: typeof spec, problem: 'a trigger is an object with id, type and functionId' });
    const wrong = checkName(spec.id) ?? checkName(spec.type) ?? checkName(spec.functionId);
    if (wrong !== undefined) return wrong;
    if (this.triggers.has(spec.id)) return invocationErrors.TRIGGER_CONFLICT({ triggerId: spec.id });
    if (this.triggers.size >= this.#limits.maxTriggers) return invocationErrors.LIMIT({ what: 'The number of triggers of one process', limit: this.#limits.maxTriggers });
    const { type, functionId, metadata } = spec;
    if (metadata !== undefined && !isRecord(metadata)) return invocationErrors.TRIGGER_CONFIG_INVALID({ type, functionId, problem: 'its metadata is not an object' });
    try {
      const identity = identify(type, functionId, spec.config);
      table.check(identity);
      return { identity, metadata };
    } catch (error) {
      return error as MotiaError;
    }
  }

  /** Why this trigger type cannot be taken. */
  checkType(spec: TriggerTypeSpec, table: TriggerTable): MotiaError | undefined {
    if (!isRecord(spec)) return invocationErrors.INVALID_REGISTRATION({ name: typeof spec, problem: 'a trigger type is an object with an id' });
    const wrong = checkName(spec.id) ?? checkDescription(spec.id, spec.description, this.#limits);
    if (wrong !== undefined) return wrong;
    if (spec.id.startsWith(internalPrefix)) return invocationErrors.RESERVED_NAME({ name: spec.id, prefix: internalPrefix });
    if (this.types.has(spec.id)) return invocationErrors.TRIGGER_TYPE_CONFLICT({ type: spec.id, owner: 'the same process' });
    const offer = table.offerOf(spec.id);
    return offer === undefined || offer.isShared ? undefined : invocationErrors.TRIGGER_TYPE_CONFLICT({ type: spec.id, owner: offer.owner });
  }
}

/** One refused entry of a batch; the others of the batch are not affected. */
export function rejectionOf(id: unknown, error: MotiaError): RegistrationRejection {
  return { id: typeof id === 'string' ? id : '', error: error.toWire() };
}
