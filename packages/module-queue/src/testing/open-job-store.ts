import { noOptions } from '@motia/engine-core';
import { defineModule, defineRef, type AnyAdapterDefinition, type AnyModuleDefinition, type ModuleUse } from '@motia/engine-core/contract';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import type { Delivery } from '../job.js';
import { JobStoreSlot, type AddOutcome, type Exchange, type ExchangeResult, type JobAdd, type JobStore, type QueueDeclaration, type QueueRules, type QueueState, type Settlement, type Take } from '../job-store.js';

const StoreRef = defineRef<JobStore>('queue.conformance');

/** A store under test, and short ways to use it. */
export interface OpenJobStore extends AsyncDisposable {
  readonly store: JobStore;
  readonly clock: ManualClock;
  readonly supports: ReadonlySet<string>;
  /** A subscription `topic → function`, served by this engine; its lane is known. */
  subscribe(topic: string, functionId?: string, rules?: Partial<QueueRules>): Promise<QueueState & { readonly lane: number }>;
  add(...adds: readonly JobAdd[]): Promise<readonly AddOutcome[]>;
  take(lane: number, slots?: number, leaseMs?: number): Promise<readonly Delivery[]>;
  settle(...settlements: readonly Settlement[]): Promise<readonly boolean[]>;
  exchange(exchange: Partial<Exchange>): Promise<ExchangeResult>;
  /** As a process that is killed does: nothing is given back. */
  stop(): Promise<void>;
}

export interface JobStoreSubject {
  readonly adapter: AnyAdapterDefinition;
  /** Options of the adapter. Called once per test: stores that one test opens share what it gives, tests do not. */
  readonly options?: () => unknown;
  /** Modules that it requires. */
  readonly support?: () => readonly ModuleUse[];
}

/** Rules that say nothing special. */
export const plainRules: QueueRules = { isFifo: false, hasImplicitGroup: false, delayMs: 0, maxDepth: 1_000, maxLosses: 3, blocksGroup: false, graceMs: 60_000 };

let receipts = 0;

/** A message that has nothing special. */
export function message(topic: string, data: unknown, more: Partial<JobAdd> = {}): JobAdd {
  receipts += 1;
  return { target: { topic }, receiptId: `receipt-${String(receipts).padStart(6, '0')}`, data: JSON.stringify(data), priority: 0, triggerDepth: 0, ...more };
}

export function completed(delivery: Delivery, queue: number, result?: string): Settlement {
  return settlement(delivery, queue, { kind: 'completed', ...(result === undefined ? {} : { result }) });
}

export function settlement({ key, lease, lane, group }: Delivery, queue: number, end: Settlement['end']): Settlement {
  return { key, lease, lane, queue, ...(group === undefined ? {} : { group }), end };
}

/** Starts an engine whose only work is to keep the store open. */
export async function openJobStore({ adapter, support = () => [] }: JobStoreSubject, config: unknown, clock = new ManualClock()): Promise<OpenJobStore> {
  let supports: ReadonlySet<string> = new Set();
  const probe: AnyModuleDefinition = defineModule({
    name: '@motia/module-queue/conformance', version: '1.0.0', contract: 1, class: 'conformance::JobStore', options: noOptions,
    provides: { store: StoreRef },
    async create(ctx) {
      const found = await ctx.adapter(JobStoreSlot, { class: adapter.class, config });
      supports = found.supports;
      return { services: { store: found.service } };
    },
  });
  const host = await startTestHost([...support(), { definition: probe }], { definitions: [adapter], clock });
  const store = host.service(StoreRef);
  const exchange = (parts: Partial<Exchange>): Promise<ExchangeResult> => store.exchange({ settlements: [], takes: [], adds: [], ...parts });
  return {
    store,
    clock,
    supports,
    exchange,
    async subscribe(topic, functionId = 'f', rules = {}) {
      const declaration: QueueDeclaration = { kind: 'topic', name: topic, functionId, role: 'subscription', rules: { ...plainRules, ...rules } };
      const [state] = (await store.declare([declaration])) as [QueueState];
      const lane = (await store.lanes()).find(({ queue }) => queue === state.queue)?.lane;
      if (lane === undefined) throw new Error('a subscription has no lane');
      return { ...state, lane };
    },
    add: async (...adds) => (await exchange({ adds })).added,
    take: async (lane, slots = 100, leaseMs = 30_000) => {
      const takes: readonly Take[] = [{ lane, slots, leaseMs }];
      return (await exchange({ takes })).deliveries;
    },
    settle: async (...settlements) => (await exchange({ settlements })).settled,
    stop: () => host.stop({ drainTimeoutMs: 0 }),
    [Symbol.asyncDispose]: () => host.stop({ drainTimeoutMs: 0 }),
  };
}

/** Payloads, as they were put in. */
export function dataOf(deliveries: readonly Delivery[]): readonly unknown[] {
  return deliveries.map(({ data }) => JSON.parse(data ?? 'null') as unknown);
}
