import type { MotiaError } from '@motia/protocol';
import type { Trigger, TriggerInfo } from '../contract/triggers.js';
import { canonicalJson, type TriggerIdentity } from './trigger-identity.js';

/** Whoever registered a trigger: a worker, what is remembered of one, or a module. */
export interface TriggerHolder {
  /** For messages and lists. */
  readonly label: string;
  /** Order in which holders went live; the newest one's metadata is the trigger's. */
  readonly sequence: number;
}

export type Metadata = Readonly<Record<string, unknown>>;

/** Metadata with its canonical text, made once: it is compared at every change of the type. */
export interface KeyedMetadata {
  readonly value: Metadata | undefined;
  readonly key: string;
}

export function keyedMetadata(value: Metadata | undefined): KeyedMetadata {
  return { value, key: value === undefined ? '' : canonicalJson(value) };
}

/** One identity, however many registered it. It lives as long as somebody holds it. */
export class TriggerRecord {
  readonly identity: TriggerIdentity;
  readonly holders = new Map<TriggerHolder, KeyedMetadata>();
  status: TriggerInfo['status'] = 'parked';
  /** Why it is not bound. */
  error: MotiaError | undefined;
  /** What the type was given, while it is bound. */
  bound: BoundTrigger | undefined;

  constructor(identity: TriggerIdentity) {
    this.identity = identity;
  }

  get owners(): readonly string[] {
    return [...new Set([...this.holders.keys()].map((holder) => holder.label))];
  }

  get generation(): number {
    return this.newest()?.[0].sequence ?? 0;
  }

  newest(): readonly [TriggerHolder, KeyedMetadata] | undefined {
    let newest: readonly [TriggerHolder, KeyedMetadata] | undefined;
    for (const entry of this.holders) if (newest === undefined || entry[0].sequence >= newest[0].sequence) newest = entry;
    return newest;
  }

  info(): TriggerInfo {
    const { id, type, functionId, config, conditionFunctionId } = this.identity;
    const reason = this.status === 'rejected' ? this.error?.message : this.status === 'parked' ? `nothing offers the trigger type "${type}" yet` : undefined;
    return {
      id,
      type,
      functionId,
      config,
      ...(conditionFunctionId === undefined ? {} : { conditionFunctionId }),
      status: this.status,
      ...(reason === undefined ? {} : { reason }),
      owners: this.owners,
    };
  }
}

/** A trigger as its type holds it. Owners and generation follow the record; the rest never changes. */
export class BoundTrigger implements Trigger {
  readonly id: string;
  readonly type: string;
  readonly functionId: string;
  readonly config: unknown;
  declare readonly conditionFunctionId?: string;
  declare readonly metadata?: Metadata;
  /** Of the metadata it was bound with: other metadata means binding anew. */
  readonly metadataKey: string;
  readonly #record: TriggerRecord;

  constructor(record: TriggerRecord, config: unknown) {
    const { id, type, functionId, conditionFunctionId } = record.identity;
    this.#record = record;
    this.id = id;
    this.type = type;
    this.functionId = functionId;
    this.config = config;
    if (conditionFunctionId !== undefined) this.conditionFunctionId = conditionFunctionId;
    const metadata = record.newest()?.[1];
    if (metadata?.value !== undefined) this.metadata = metadata.value;
    this.metadataKey = metadata?.key ?? '';
  }

  get generation(): number {
    return this.#record.generation;
  }

  get owners(): readonly string[] {
    return this.#record.owners;
  }

  belongsTo(record: TriggerRecord): boolean {
    return this.#record === record;
  }

  get isCurrent(): boolean {
    return this.metadataKey === (this.#record.newest()?.[1].key ?? '');
  }
}
