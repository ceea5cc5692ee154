import type { StoreMigration } from '@motia/engine-core/contract';
import type { JobState } from '../job.js';

/** States as numbers, in an order that lets one comparison tell what has ended. `kept` is `completed` with a result. */
export const stateCode = { ready: 0, delayed: 1, behind: 2, leased: 3, blocked: 4, dead: 5, completed: 6, kept: 7, cancelled: 8, discarded: 9 } as const;

const names: readonly JobState[] = ['ready', 'delayed', 'behind', 'leased', 'blocked', 'dead', 'completed', 'completed', 'cancelled', 'discarded'];
export function stateName(code: number): JobState {
  return names[code] as JobState;
}
export function stateCodes(state: JobState): readonly number[] {
  return names.flatMap((name, code) => (name === state ? [code] : []));
}

/** By their number in the table. */
export const roles = ['subscription', 'holding', 'named', 'former'] as const;
/** Roles of queues that have subscribers, who may be away. */
export const isSubscription = 'role IN (0, 3)';

/**
 * `seq` is the order of jobs: that of their commits, changed only by a redrive. Every state that jobs wait in has an index of
 * its own, so that a long queue costs what a short one does; completed jobs are in none of them.
 */
export const migrations: readonly StoreMigration[] = [
  {
    version: 1,
    up(sql) {
      sql.run(`CREATE TABLE queue_queues (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        function_id TEXT NOT NULL,
        role INTEGER NOT NULL,
        is_fifo INTEGER NOT NULL,
        group_field TEXT,
        implicit_group INTEGER NOT NULL,
        delay_ms INTEGER NOT NULL,
        max_depth INTEGER NOT NULL,
        max_losses INTEGER NOT NULL,
        blocks_group INTEGER NOT NULL,
        grace_ms INTEGER NOT NULL,
        is_paused INTEGER NOT NULL DEFAULT 0,
        depth INTEGER NOT NULL DEFAULT 0,
        left_at INTEGER,
        ended_at INTEGER,
        UNIQUE (kind, name, function_id)
      ) STRICT`);
      sql.run('CREATE TABLE queue_lanes (id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, function_id TEXT NOT NULL, UNIQUE (queue, function_id)) STRICT');
      sql.run('CREATE TABLE queue_servers (queue INTEGER NOT NULL, engine_id TEXT NOT NULL, seen_at INTEGER NOT NULL, PRIMARY KEY (queue, engine_id)) STRICT, WITHOUT ROWID');
      sql.run(`CREATE TABLE queue_jobs (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        receipt TEXT NOT NULL,
        queue INTEGER NOT NULL,
        lane INTEGER NOT NULL,
        state INTEGER NOT NULL,
        priority INTEGER NOT NULL,
        due_at INTEGER,
        group_key TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        losses INTEGER NOT NULL DEFAULT 0,
        deliveries INTEGER NOT NULL DEFAULT 0,
        leased_by TEXT,
        lease_ms INTEGER,
        lease_until INTEGER,
        enqueued_at INTEGER NOT NULL,
        started_at INTEGER,
        ended_at INTEGER,
        timeout_ms INTEGER,
        keeps_result INTEGER NOT NULL DEFAULT 0,
        trace TEXT,
        producer TEXT,
        code TEXT,
        failures TEXT,
        checksum INTEGER NOT NULL DEFAULT 0,
        payload INTEGER,
        data TEXT
      ) STRICT`);
      // Large data lies apart: a job changes its state some times, and a row is written anew as a whole each time.
      sql.run('CREATE TABLE queue_payloads (id INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT');
      sql.run('CREATE TRIGGER queue_payloads_left AFTER UPDATE OF payload ON queue_jobs WHEN old.payload IS NOT NULL AND new.payload IS NOT old.payload BEGIN DELETE FROM queue_payloads WHERE id = old.payload; END');
      sql.run('CREATE TRIGGER queue_payloads_gone AFTER DELETE ON queue_jobs WHEN old.payload IS NOT NULL BEGIN DELETE FROM queue_payloads WHERE id = old.payload; END');
      sql.run('CREATE UNIQUE INDEX queue_jobs_id ON queue_jobs (id)');
      sql.run('CREATE INDEX queue_jobs_ready ON queue_jobs (lane, priority DESC, seq) WHERE state = 0');
      sql.run('CREATE INDEX queue_jobs_due ON queue_jobs (lane, due_at) WHERE state = 1');
      sql.run('CREATE INDEX queue_jobs_leased ON queue_jobs (leased_by) WHERE state = 3');
      sql.run('CREATE INDEX queue_jobs_group ON queue_jobs (queue, group_key, seq) WHERE group_key IS NOT NULL AND state < 5');
      sql.run('CREATE INDEX queue_jobs_dead ON queue_jobs (queue, seq) WHERE state BETWEEN 4 AND 5');
      sql.run('CREATE INDEX queue_jobs_ended ON queue_jobs (state, ended_at) WHERE state >= 5');
      sql.run(`CREATE TABLE queue_dedup (
        scope TEXT NOT NULL,
        dedup_id TEXT NOT NULL,
        receipt TEXT NOT NULL,
        hash TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (scope, dedup_id)
      ) STRICT, WITHOUT ROWID`);
      sql.run('CREATE INDEX queue_dedup_expiry ON queue_dedup (expires_at)');
      sql.run(`CREATE TABLE queue_moves (
        queue INTEGER PRIMARY KEY,
        filter TEXT NOT NULL,
        to_head INTEGER NOT NULL,
        rate REAL,
        moved INTEGER NOT NULL DEFAULT 0,
        began_at INTEGER NOT NULL,
        last_seq INTEGER NOT NULL,
        state TEXT NOT NULL
      ) STRICT`);
    },
  },
  {
    version: 2,
    up(sql) {
      // When a job that waits is given up; most have none, and are not in the index.
      sql.run('ALTER TABLE queue_jobs ADD COLUMN expires_at INTEGER');
      sql.run('CREATE INDEX queue_jobs_expiry ON queue_jobs (expires_at) WHERE expires_at IS NOT NULL AND state < 3');
    },
  },
  { version: 3, up: (sql) => void sql.run('ALTER TABLE queue_jobs ADD COLUMN trigger_depth INTEGER NOT NULL DEFAULT 0') },
  {
    version: 4,
    up(sql) {
      // Who goes on with a move, and a number that grows with each sign of life.
      sql.run('ALTER TABLE queue_moves ADD COLUMN engine_id TEXT');
      sql.run('ALTER TABLE queue_moves ADD COLUMN beat INTEGER NOT NULL DEFAULT 0');
    },
  },
];
