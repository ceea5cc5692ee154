import type { Clock, Logger, StoreService } from '@motia/engine-core/contract';
import type { ClaimAnswer, ClaimedCall, ClaimTerms, DueCalls, LostCall } from './due-calls.js';
import { storeProgram } from './outbox-program.js';

/** How long a claim lasts unless it is renewed, where another engine could take over. */
const leaseMs = 10_000;

export interface OpenDueCallsOptions {
  readonly store: StoreService;
  /** Whose triggers: `state`, `stream`. */
  readonly kind: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}

/** Opens the outbox of a store for one kind of triggers. Programs that call `addDueCalls` may run from then on. */
export async function openDueCalls({ store, kind, clock, logger }: OpenDueCallsOptions): Promise<DueCalls> {
  const outbox = await store.open(storeProgram);
  const terms: ClaimTerms = { leaseMs: store.isShared ? leaseMs : null };
  const report = (damaged: readonly LostCall[]): void => {
    for (const { triggerId, functionId, lane } of damaged) logger.error('A due call was damaged in the store and is dropped', { kind, triggerId, functionId, lane, file: store.file });
  };
  const checked = (answer: ClaimAnswer): ClaimAnswer => {
    report(answer.damaged);
    return answer;
  };
  return {
    terms,
    adopt: () => outbox.run('adopt', { kind, isShared: store.isShared }),
    subscribe: async (subscriptions) => {
      if (store.isShared) await outbox.run('subscribe', { kind, subscriptions });
    },
    claim: async (wanted) => checked(await outbox.run('claim', { wanted, terms })),
    settle: async (call) => checked(await outbox.run('settle', { ...ids(call), terms })).calls[0],
    postpone: (call, later) => outbox.run('postpone', { ...ids(call), ...later }),
    renew: (laneIds) => outbox.run('renew', { laneIds: laneIds as readonly number[], terms }),
    release: (laneIds) => outbox.run('release', { laneIds: laneIds as readonly number[] }),
    nextReadyAtMs: async (triggerIds) => outbox.query('nextReadyAtMs', { triggerIds, nowMs: clock.now() }),
    expire: (beforeMs) => outbox.run('expire', { kind, beforeMs }),
    count: () => outbox.query('count', { kind }),
    onForeignChange: (listener) => store.onForeignCommit(listener),
  };
}

function ids({ laneId, callId }: ClaimedCall): { readonly laneId: number; readonly callId: number } {
  return { laneId: laneId as number, callId: callId as number };
}
