import type { MotiaError } from '@motia/protocol';
import type { Logger } from '../contract/logger.js';
import type { Registration } from '../contract/functions.js';
import type { TriggerInfo } from '../contract/triggers.js';
import { Listeners } from '../functions/listeners.js';
import { TriggerLane, type TypeOffer } from './trigger-lane.js';
import type { TriggerIdentity } from './trigger-identity.js';
import { keyedMetadata, type Metadata, type TriggerHolder } from './trigger-record.js';

export interface TriggerOutcome {
  readonly status: TriggerInfo['status'];
  readonly error?: MotiaError;
}

/** Triggers by type. Changes are made at once; `settle` brings them to the types that they touch. */
export class TriggerTable {
  readonly #logger: Logger;
  readonly #lanes = new Map<string, TriggerLane>();
  readonly #changed = new Listeners<void>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @throws `MOTIA_ENGINE_TRIGGER_TYPE_CONFLICT` */
  addOffer(offer: TypeOffer): void {
    this.#lane(offer.definition.type).addOffer(offer);
  }

  removeOffer(offer: TypeOffer): void {
    this.#lanes.get(offer.definition.type)?.removeOffer(offer);
  }

  offerOf(type: string): TypeOffer | undefined {
    return this.#lanes.get(type)?.offer;
  }

  /** Checks a config against its type, if the type is known. @throws `MOTIA_ENGINE_TRIGGER_CONFIG_INVALID` */
  check(identity: TriggerIdentity): 'known' | 'unknown' {
    const lane = this.#lanes.get(identity.type);
    if (lane?.offer === undefined) return 'unknown';
    lane.parse(identity, lane.offer);
    return 'known';
  }

  hold(identity: TriggerIdentity, holder: TriggerHolder, metadata: Metadata | undefined): void {
    this.#lane(identity.type).hold(identity, holder, keyedMetadata(metadata));
  }

  letGo(identity: TriggerIdentity, holder: TriggerHolder): void {
    this.#lanes.get(identity.type)?.letGo(identity, holder);
  }

  /** What would be refused if `arriving` took the place of `leaving`: triggers that are new, by their id. Changes nothing. */
  preview(arriving: readonly { readonly identity: TriggerIdentity; readonly holder: TriggerHolder; readonly metadata: Metadata | undefined }[], leaving: ReadonlySet<TriggerHolder>): ReadonlyMap<TriggerIdentity, MotiaError> {
    const refused = new Map<TriggerIdentity, MotiaError>();
    for (const [type, lane] of this.#lanes) {
      const ofType = arriving.filter(({ identity }) => identity.type === type);
      if (ofType.length === 0) continue;
      const rejections = lane.preview(ofType.map(({ metadata, ...rest }) => ({ ...rest, metadata: keyedMetadata(metadata) })), leaving);
      for (const { identity } of ofType) {
        const error = rejections.get(identity.id);
        if (error !== undefined) refused.set(identity, error);
      }
    }
    return refused;
  }

  /** Brings the types up to date. Resolves when each of them has applied what was wanted at the time of the call. */
  async settle(types: Iterable<string>): Promise<void> {
    const lanes = [...new Set(types)].map((type) => this.#lanes.get(type)).filter((lane) => lane !== undefined);
    if (lanes.length === 0) return;
    await Promise.all(lanes.map((lane) => lane.settle()));
    for (const lane of lanes) if (lane.isEmpty) this.#lanes.delete(lane.type);
    this.#changed.announce();
  }

  outcome(identity: TriggerIdentity): TriggerOutcome | undefined {
    const record = this.#lanes.get(identity.type)?.records.get(identity.id);
    if (record === undefined) return undefined;
    return record.error === undefined ? { status: record.status } : { status: record.status, error: record.error };
  }

  list(): readonly TriggerInfo[] {
    return [...this.#lanes.values()].flatMap((lane) => [...lane.records.values()].map((record) => record.info()));
  }

  offers(): readonly TypeOffer[] {
    return [...this.#lanes.values()].map((lane) => lane.offer).filter((offer) => offer !== undefined);
  }

  onChanged(listener: () => void): Registration {
    return this.#changed.add(listener);
  }

  #lane(type: string): TriggerLane {
    let lane = this.#lanes.get(type);
    if (lane === undefined) {
      lane = new TriggerLane(type, this.#logger);
      this.#lanes.set(type, lane);
    }
    return lane;
  }
}
