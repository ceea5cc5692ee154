import type { FunctionRegistry, Invocation, InvokeOptions, Registration } from '../contract/functions.js';
import type { ConditionOutcome, Trigger, TriggerInfo, TriggerRegistry, TriggerTypeDefinition } from '../contract/triggers.js';
import { checkName, isRecord } from '../functions/function-spec.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import type { Ownership } from '../ownership.js';
import { identify } from './trigger-identity.js';
import type { TypeOffer } from './trigger-lane.js';
import type { TriggerTable } from './trigger-table.js';

/** The registry as one owner sees it: what it registers carries its name. */
export class OwnedTriggerRegistry implements TriggerRegistry {
  readonly #ownership: Ownership;
  readonly #table: TriggerTable;
  readonly #functions: FunctionRegistry;
  readonly #nextSequence: () => number;

  constructor(ownership: Ownership, table: TriggerTable, functions: FunctionRegistry, nextSequence: () => number) {
    this.#ownership = ownership;
    this.#table = table;
    this.#functions = functions;
    this.#nextSequence = nextSequence;
  }

  async registerType<C>(definition: TriggerTypeDefinition<C>): Promise<Registration> {
    const wrong = checkName(definition.type);
    if (wrong !== undefined) throw wrong;
    const offer: TypeOffer = {
      definition,
      owner: this.#ownership.owner,
      isShared: false,
      sequence: this.#nextSequence(),
    };
    this.#table.addOffer(offer);
    await this.#table.settle([definition.type]);
    return this.#ownership.keep({
      dispose: () => {
        this.#table.removeOffer(offer);
        void this.#table.settle([definition.type]);
      },
    });
  }

  async register(spec: Parameters<TriggerRegistry['register']>[0]): Promise<Registration> {
    const { type, functionId, metadata } = spec;
    const wrong = checkName(type) ?? checkName(functionId);
    if (wrong !== undefined) throw wrong;
    if (metadata !== undefined && !isRecord(metadata)) throw invocationErrors.TRIGGER_CONFIG_INVALID({ type, functionId, problem: 'its metadata is not an object' });
    const identity = identify(type, functionId, spec.config);
    this.#table.check(identity);
    const holder = { label: this.#ownership.owner, sequence: this.#nextSequence() };
    this.#table.hold(identity, holder, metadata);
    await this.#table.settle([type]);
    const outcome = this.#table.outcome(identity);
    if (outcome?.status === 'rejected' && outcome.error !== undefined) {
      this.#table.letGo(identity, holder);
      await this.#table.settle([type]);
      throw outcome.error;
    }
    return this.#ownership.keep({
      dispose: () => {
        this.#table.letGo(identity, holder);
        void this.#table.settle([type]);
      },
    });
  }

  list(): readonly TriggerInfo[] {
    return this.#table.list();
  }

  types(): ReturnType<TriggerRegistry['types']> {
    return this.#table.offers().map(({ definition: { type, description, config } }) => ({
      type,
      ...(description === undefined ? {} : { description }),
      configSchema: config.jsonSchema,
    }));
  }

  async checkCondition(trigger: Trigger, payload: unknown, options?: InvokeOptions): Promise<ConditionOutcome> {
    const { conditionFunctionId } = trigger;
    if (conditionFunctionId === undefined) return 'passed';
    const answer = await this.#functions.invoke(conditionFunctionId, payload, { ...options, wireResult: false });
    return answer === false ? 'blocked' : 'passed';
  }

  open(trigger: Trigger, payload: unknown, options?: InvokeOptions): Invocation {
    return this.#functions.open(trigger.functionId, payload, { ...options, trigger: { id: trigger.id, type: trigger.type } });
  }

  onChanged(listener: () => void): Registration {
    return this.#ownership.keep(this.#table.onChanged(listener));
  }
}
