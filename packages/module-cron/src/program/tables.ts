import type { StoreMigration, StoreSql } from '@motia/engine-core/contract';
import { resealCounters } from './counters.js';
import { resealEngines } from './engines.js';
import { resealJobs } from './job-rows.js';
import { resealRuns } from './run-rows.js';

/** Tables of schedules. Never changed once released: what comes later is another migration. */
export const migrations: readonly StoreMigration[] = [
  { version: 1, up: firstTables },
  { version: 2, up: withChecksums },
  { version: 3, up: withMoreChecksums },
];

function firstTables(sql: StoreSql): void {
  sql.run(`CREATE TABLE cron_jobs (
    job_id TEXT NOT NULL PRIMARY KEY,
    function_id TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('trigger', 'scheduled')),
    spec TEXT NOT NULL,
    anchor_ms INTEGER NOT NULL,
    is_paused INTEGER NOT NULL DEFAULT 0,
    last_scheduled_at_ms INTEGER,
    last_result TEXT,
    last_error TEXT,
    seen_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`);
  sql.run(`CREATE TABLE cron_runs (
    job_id TEXT NOT NULL,
    scheduled_at_ms INTEGER NOT NULL,
    function_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('slot', 'manual')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'queued', 'running', 'released', 'succeeded', 'failed', 'skipped')),
    reason TEXT,
    is_backfilled INTEGER NOT NULL,
    is_last INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    losses INTEGER NOT NULL DEFAULT 0,
    missed INTEGER NOT NULL DEFAULT 0,
    claimed_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    ended_at_ms INTEGER,
    engine_id TEXT,
    fencing_token INTEGER,
    message_id TEXT,
    error TEXT,
    trace_id TEXT,
    PRIMARY KEY (job_id, scheduled_at_ms)
  ) STRICT, WITHOUT ROWID`);
  // Runs that are not over are few, whatever the history holds.
  sql.run("CREATE INDEX cron_runs_open ON cron_runs (job_id, scheduled_at_ms) WHERE state IN ('waiting', 'queued', 'running', 'released')");
  sql.run('CREATE INDEX cron_runs_by_time ON cron_runs (scheduled_at_ms)');
  // `fence`: the newest fencing token. `scheduled`: grows with each change of the jobs that calls made.
  sql.run('CREATE TABLE cron_counters (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID');
  sql.run("INSERT INTO cron_counters (name, value) VALUES ('fence', 0), ('scheduled', 0)");
  // Signs of life of engines that share the store.
  sql.run('CREATE TABLE cron_engines (engine_id TEXT NOT NULL PRIMARY KEY, beat INTEGER NOT NULL) STRICT, WITHOUT ROWID');
}

function withChecksums(sql: StoreSql): void {
  for (const table of ['cron_jobs', 'cron_runs']) sql.run(`ALTER TABLE ${table} ADD COLUMN crc INTEGER NOT NULL DEFAULT 0`);
  resealJobs(sql);
  resealRuns(sql);
}

function withMoreChecksums(sql: StoreSql): void {
  for (const table of ['cron_counters', 'cron_engines']) sql.run(`ALTER TABLE ${table} ADD COLUMN crc INTEGER NOT NULL DEFAULT 0`);
  resealCounters(sql);
  resealEngines(sql);
}
