import { defineStoreProgram } from '@motia/engine-core/contract';
import { exchange } from './program/exchange.js';
import { allStates } from './program/lane-states.js';
import { cancelMove, foreignMoves, freeMoves, moves, startMove, stepMove } from './program/moves.js';
import { cancel, discard, discardSome, redrive } from './program/operate.js';
import { prune } from './program/prune.js';
import { allQueues, declare, keepServing, leave, pause, retire, supersede, unsubscribe } from './program/queues.js';
import { foreignLeases, reclaim, renew, restartGrace, servers } from './program/recover.js';
import { migrations } from './program/tables.js';
import { job, jobsOf, list, stats } from './program/views.js';

/** The part of the queue that lives in the store. Loaded by the store's writer as well, which may be another thread. */
export const storeProgram = defineStoreProgram({
  name: 'queue',
  source: { specifier: '@motia/module-queue/store-program', from: import.meta.url },
  migrations,
  commands: { exchange, declare, keepServing, leave, unsubscribe, supersede, retire, pause, renew, reclaim, restartGrace, cancel, redrive, discard, discardSome, startMove, stepMove, freeMoves, cancelMove, prune },
  queries: {
    queues: (sql, _input: undefined) => allQueues(sql),
    lanes: (sql, { dueMs }: { readonly dueMs: number }) => allStates(sql, dueMs),
    stats: (sql, _input: undefined) => stats(sql),
    moves: (sql, _input: undefined) => moves(sql),
    servers: (sql, _input: undefined) => servers(sql),
    foreignLeases, foreignMoves, job, jobsOf, list,
  },
});
export type QueueProgram = typeof storeProgram;
