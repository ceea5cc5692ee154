import { isMotiaError, messageOf, type MotiaError } from '@motia/protocol';
import type { Logger } from '../contract/logger.js';
import type { TriggerRejections, TriggerTypeDefinition } from '../contract/triggers.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import { withoutCondition, type TriggerIdentity } from './trigger-identity.js';
import { BoundTrigger, TriggerRecord, type KeyedMetadata, type TriggerHolder } from './trigger-record.js';

/** Somebody who offers a trigger type. */
export interface TypeOffer {
  readonly definition: TriggerTypeDefinition;
  /** For messages: a module's name or a worker's label. */
  readonly owner: string;
  /** Workers may offer one type together, as replicas and generations of one program do; modules may not. */
  readonly isShared: boolean;
  /** The newest of several offers is the one that gets the triggers. */
  readonly sequence: number;
}

/** A trigger that somebody is about to hold. */
export interface ArrivingTrigger {
  readonly identity: TriggerIdentity;
  readonly holder: TriggerHolder;
  readonly metadata: KeyedMetadata;
}

const noRejections: TriggerRejections = new Map();

/**
 * All triggers of one type. Registrations only change what is wanted; one `settle` at a time then tells the type the
 * difference between that and what it has bound, so that a whole swap of generations is one change and an interrupted
 * one leaves nothing half done.
 */
export class TriggerLane {
  readonly type: string;
  readonly records = new Map<string, TriggerRecord>();
  readonly #logger: Logger;
  readonly #offers: TypeOffer[] = [];
  /** Who was given the bound triggers. */
  #provider: TypeOffer | undefined;
  #bound = new Map<string, BoundTrigger>();
  /** Triggers whose holders changed since the type was last told: only these are looked at again. */
  #touched = new Set<string>();
  /** Asked again when something else has gone. */
  readonly #rejected = new Set<string>();
  /** Parsing compiles schemas: once for each registration, not once for each look at it. */
  readonly #parsed = new WeakMap<TriggerIdentity, { readonly offer: TypeOffer; readonly config: unknown }>();
  #running: Promise<void> = Promise.resolve();
  #scheduled: Promise<void> | undefined;

  constructor(type: string, logger: Logger) {
    this.type = type;
    this.#logger = logger;
  }

  get offer(): TypeOffer | undefined {
    return this.#offers[0];
  }

  get isEmpty(): boolean {
    return this.records.size === 0 && this.#offers.length === 0 && this.#bound.size === 0;
  }

  /** @throws `MOTIA_ENGINE_TRIGGER_TYPE_CONFLICT` */
  addOffer(offer: TypeOffer): void {
    const taken = this.#offers.find((other) => !(other.isShared && offer.isShared));
    if (taken !== undefined) throw invocationErrors.TRIGGER_TYPE_CONFLICT({ type: this.type, owner: taken.owner });
    this.#offers.push(offer);
    this.#offers.sort((a, b) => b.sequence - a.sequence);
  }

  removeOffer(offer: TypeOffer): void {
    const index = this.#offers.indexOf(offer);
    if (index >= 0) this.#offers.splice(index, 1);
  }

  hold(identity: TriggerIdentity, holder: TriggerHolder, metadata: KeyedMetadata): void {
    let record = this.records.get(identity.id);
    if (record === undefined) {
      record = new TriggerRecord(identity);
      this.records.set(identity.id, record);
    }
    record.holders.set(holder, metadata);
    this.#touched.add(identity.id);
  }

  letGo(identity: TriggerIdentity, holder: TriggerHolder): void {
    const record = this.records.get(identity.id);
    if (record?.holders.delete(holder) !== true) return;
    if (record.holders.size === 0) this.records.delete(identity.id);
    this.#touched.add(identity.id);
  }

  /** The config as the type wants it. @throws `MOTIA_ENGINE_TRIGGER_CONFIG_INVALID` */
  parse(identity: TriggerIdentity, offer: TypeOffer): unknown {
    const known = this.#parsed.get(identity);
    if (known?.offer === offer) return known.config;
    try {
      const config = offer.definition.config.parse(withoutCondition(identity.config));
      this.#parsed.set(identity, { offer, config });
      return config;
    } catch (error) {
      const problem = messageOf(error);
      // What the type says of it by code and details: an editor, or the console, can offer the nearest reading.
      const reason = isMotiaError(error) ? { reasonCode: error.code, ...(error.details === undefined ? {} : { reasonDetails: error.details }) } : {};
      throw invocationErrors.TRIGGER_CONFIG_INVALID({ type: this.type, functionId: identity.functionId, problem: problem.replace(/\.$/, ''), ...reason }, error);
    }
  }

  /** What the type would refuse if `arriving` took the place of `leaving`, as far as it can say. */
  preview(arriving: readonly ArrivingTrigger[], leaving: ReadonlySet<TriggerHolder>): TriggerRejections {
    const provider = this.#provider;
    if (provider?.definition.check === undefined) return noRejections;
    const staying = new Set(arriving.map(({ identity }) => identity.id));
    const removed = [...this.#bound.values()].filter(({ id }) => !staying.has(id) && [...(this.records.get(id)?.holders.keys() ?? [])].every((holder) => leaving.has(holder)));
    const added: BoundTrigger[] = [];
    // What is there already, bound or refused, is not news.
    for (const { identity, holder, metadata } of arriving) {
      if (this.records.has(identity.id)) continue;
      const record = new TriggerRecord(identity);
      record.holders.set(holder, metadata);
      added.push(new BoundTrigger(record, this.parse(identity, provider)));
    }
    return (added.length === 0 ? undefined : provider.definition.check({ added, removed })) ?? noRejections;
  }

  /** Resolves once everything that was wanted when it was called has been offered to the type. Never rejects. */
  settle(): Promise<void> {
    if (this.#scheduled === undefined) {
      const next = this.#running.then(() => {
        this.#scheduled = undefined;
        return this.#apply();
      });
      this.#scheduled = next;
      this.#running = next;
    }
    return this.#scheduled;
  }

  async #apply(): Promise<void> {
    await this.#changeProvider();
    const provider = this.#provider;
    const touched = this.#touched;
    this.#touched = new Set();
    const removed = this.#takeStale(touched);
    if (provider === undefined) return;
    // What was refused for a conflict may fit now that something else has gone.
    const added = this.#bindable(provider, touched, removed.length > 0);
    if (added.length === 0 && removed.length === 0) return;
    let rejections: TriggerRejections | undefined;
    try {
      rejections = (await provider.definition.apply({ added, removed })) ?? undefined;
    } catch (error) {
      rejections = new Map(added.map((trigger) => [trigger.id, this.#applyFailure(trigger, error)]));
      if (added.length === 0) this.#logger.error('A trigger type failed to release triggers', { type: this.type, reason: messageOf(error) });
    }
    for (const trigger of added) this.#conclude(trigger, rejections?.get(trigger.id));
  }

  /** Another provider starts empty; the former one, if it still offers the type, is told to let go first. */
  async #changeProvider(): Promise<void> {
    const former = this.#provider;
    const next = this.offer;
    if (former === next) return;
    const held = [...this.#bound.values()];
    this.#provider = next;
    this.#bound = new Map();
    for (const record of this.records.values()) {
      record.bound = undefined;
      record.status = 'parked';
      record.error = undefined;
      this.#touched.add(record.identity.id);
    }
    if (former === undefined || held.length === 0 || !this.#offers.includes(former)) return;
    try {
      await former.definition.apply({ added: [], removed: held });
    } catch (error) {
      this.#logger.warn('The former provider of a trigger type failed to release its triggers', { type: this.type, owner: former.owner, reason: messageOf(error) });
    }
  }

  #takeStale(touched: ReadonlySet<string>): readonly BoundTrigger[] {
    const stale: BoundTrigger[] = [];
    for (const id of touched) {
      const trigger = this.#bound.get(id);
      const record = this.records.get(id);
      if (trigger === undefined || (record?.bound === trigger && trigger.isCurrent)) continue;
      stale.push(trigger);
      this.#bound.delete(id);
      if (record?.bound === trigger) record.bound = undefined;
    }
    return stale;
  }

  #bindable(provider: TypeOffer, touched: ReadonlySet<string>, withRejected: boolean): readonly BoundTrigger[] {
    const added: BoundTrigger[] = [];
    const candidates = new Set(touched);
    if (withRejected) for (const id of this.#rejected) candidates.add(id);
    for (const id of candidates) {
      const record = this.records.get(id);
      if (record === undefined) this.#rejected.delete(id);
      else if (record.bound === undefined) this.#tryParse(record, provider, added);
    }
    return added;
  }

  #tryParse(record: TriggerRecord, provider: TypeOffer, added: BoundTrigger[]): void {
    try {
      added.push(new BoundTrigger(record, this.parse(record.identity, provider)));
    } catch (error) {
      this.#reject(record, error as MotiaError);
    }
  }

  #conclude(trigger: BoundTrigger, rejection: MotiaError | undefined): void {
    const record = this.records.get(trigger.id);
    if (rejection === undefined) {
      this.#bound.set(trigger.id, trigger);
      // Gone (and perhaps come anew) while the type was binding it: the next settle, which that asked for, mends it.
      if (record === undefined || !trigger.belongsTo(record)) return;
      record.bound = trigger;
      record.status = 'bound';
      record.error = undefined;
      this.#rejected.delete(trigger.id);
    } else if (record !== undefined && trigger.belongsTo(record)) this.#reject(record, rejection);
  }

  #reject(record: TriggerRecord, error: MotiaError): void {
    const isNews = record.status !== 'rejected' || record.error?.message !== error.message;
    record.status = 'rejected';
    record.error = error;
    this.#rejected.add(record.identity.id);
    if (!isNews) return;
    const { type, functionId, config } = record.identity;
    this.#logger.error('A trigger cannot be bound', { type, functionId, config, owners: record.owners, code: error.code, reason: error.message });
  }

  #applyFailure(trigger: BoundTrigger, error: unknown): MotiaError {
    if (isMotiaError(error)) return error;
    return invocationErrors.TRIGGER_APPLY_FAILED({ type: this.type, functionId: trigger.functionId, problem: messageOf(error) }, error);
  }
}
