import { messageOf, type Clock, type Logger, type StoreService } from '@motia/engine-core/contract';
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
  /** What engines had claimed that are gone. True when there was something. */
  const takeOver = async (): Promise<boolean> => {
    const owners = outbox.query('owners', { kind }).filter((owner) => store.isGone(owner));
    return owners.length > 0 && (await outbox.run('takeFrom', { kind, owners })) > 0;
  };
  return {
    terms,
    adopt: async () => {
      await outbox.run('adopt', { kind, isShared: store.isShared });
      if (store.isShared) await takeOver();
    },
    subscribe: (subscriptions) => outbox.run('subscribe', { kind, subscriptions }),
    inherit: async () => {
      const gone = outbox.query('subscribedEngines', { kind }).filter((engine) => store.isGone(engine));
      return gone.length === 0 ? [] : outbox.run('inherit', { kind, gone });
    },
    onEngineGone: (listener) => store.onEngineGone(listener),
    elsewhere: (address, except) => (store.isShared ? outbox.query('elsewhere', { kind, address, except: except.map(({ id }) => ({ id })), nowMs: clock.now(), fencingToken: store.fencingToken }) : []),
    claim: async (wanted) => checked(await outbox.run('claim', { wanted, terms })),
    settle: async (call) => checked(await outbox.run('settle', { ...ids(call), terms })).calls[0],
    postpone: (call, later) => outbox.run('postpone', { ...ids(call), ...later }),
    renew: (laneIds) => outbox.run('renew', { laneIds: laneIds as readonly number[], terms }),
    release: (laneIds) => outbox.run('release', { laneIds: laneIds as readonly number[] }),
    nextReadyAtMs: async (triggerIds) => outbox.query('nextReadyAtMs', { triggerIds, nowMs: clock.now() }),
    expire: (beforeMs) => outbox.run('expire', { kind, beforeMs }),
    count: () => outbox.query('count', { kind }),
    onForeignChange: (listener) => {
      const registrations = [
        store.onForeignCommit(listener),
        store.onEngineGone(() => {
          takeOver().then((hasTaken) => hasTaken && listener(), (error: unknown) => logger.warn('What an engine that is gone had claimed could not be taken over; its leases end by themselves', { kind, reason: messageOf(error) }));
        }),
      ];
      return { dispose: () => registrations.forEach((registration) => registration.dispose()) };
    },
  };
}

function ids({ laneId, callId }: ClaimedCall): { readonly laneId: number; readonly callId: number } {
  return { laneId: laneId as number, callId: callId as number };
}
