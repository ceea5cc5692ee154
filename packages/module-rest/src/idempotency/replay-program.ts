import { crc32 } from 'node:zlib';
import type { StoreCommandContext, StoreMigration, StoreSql } from '@motia/engine-core/contract';
import type { ClaimOutcome, ClaimRequest, KeptResponse } from './replay-store.js';

interface Row {
  readonly fingerprint: string;
  readonly state: 'running' | 'kept' | 'unkept';
  readonly lease_ends_at: number;
  readonly expires_at: number;
  readonly head: string | null;
  readonly body: Uint8Array | null;
  readonly checksum: number | null;
}
type Head = Pick<KeptResponse, 'status' | 'headers'> & { readonly contentType?: string };

/** Rows whose time is over that each claim takes with it. */
const sweptPerClaim = 8;

export const migrations: readonly StoreMigration[] = [
  {
    version: 1,
    up(sql) {
      sql.run(`CREATE TABLE rest_replays (
        key TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        state TEXT NOT NULL,
        token TEXT NOT NULL,
        fencing_token INTEGER NOT NULL,
        lease_ends_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        head TEXT,
        body BLOB,
        checksum INTEGER
      ) WITHOUT ROWID`);
      sql.run('CREATE INDEX rest_replays_expires_at ON rest_replays (expires_at)');
    },
  },
  {
    version: 2,
    up(sql) {
      sql.run("CREATE INDEX rest_replays_running ON rest_replays (fencing_token) WHERE state = 'running'");
    },
  },
  { version: 3, up: (sql) => void sql.run('CREATE TABLE rest_secret (id INTEGER PRIMARY KEY CHECK (id = 1), secret TEXT NOT NULL)') },
];

/** The secret of all who share the store: that of the first who offered one. */
export function agreeOnSecret(sql: StoreSql, { offered }: { readonly offered: string }): string {
  sql.run('INSERT OR IGNORE INTO rest_secret (id, secret) VALUES (1, ?)', offered);
  return sql.get<{ readonly secret: string }>('SELECT secret FROM rest_secret WHERE id = 1')?.secret ?? offered;
}

/** Takes the key, or says who has it. */
export function claim(sql: StoreSql, { key, fingerprint, token, leaseMs, ttlMs }: ClaimRequest, { nowMs, fencingToken }: StoreCommandContext): ClaimOutcome {
  sql.run('DELETE FROM rest_replays WHERE key IN (SELECT key FROM rest_replays WHERE expires_at <= ? LIMIT ?)', nowMs, sweptPerClaim);
  const row = sql.get<Row>('SELECT fingerprint, state, lease_ends_at, expires_at, head, body, checksum FROM rest_replays WHERE key = ?', key);
  if (row !== undefined && row.expires_at > nowMs && (row.state !== 'running' || row.lease_ends_at > nowMs)) return outcomeOf(row, fingerprint, nowMs);
  sql.run(
    'INSERT OR REPLACE INTO rest_replays (key, fingerprint, state, token, fencing_token, lease_ends_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    key, fingerprint, 'running', token, fencingToken, nowMs + leaseMs, nowMs + ttlMs,
  );
  return { kind: 'run' };
}

export function complete(sql: StoreSql, { key, token, response }: { readonly key: string; readonly token: string; readonly response: KeptResponse | undefined }): void {
  const where = "WHERE key = ? AND token = ? AND state = 'running'";
  if (response === undefined) {
    sql.run(`UPDATE rest_replays SET state = 'unkept' ${where}`, key, token);
    return;
  }
  const { status, headers, contentType, body } = response;
  const head = JSON.stringify({ status, headers, contentType } satisfies Record<keyof Head, unknown>);
  sql.run(`UPDATE rest_replays SET state = 'kept', head = ?, body = ?, checksum = ? ${where}`, head, body ?? null, checksumOf(head, body), key, token);
}

export function release(sql: StoreSql, { key, token }: { readonly key: string; readonly token: string }): void {
  sql.run("DELETE FROM rest_replays WHERE key = ? AND token = ? AND state = 'running'", key, token);
}

/** Fencing tokens of the engines that hold claims. */
export function claimants(sql: StoreSql): readonly number[] {
  return sql.all<{ readonly token: number }>("SELECT DISTINCT fencing_token AS token FROM rest_replays WHERE state = 'running'").map(({ token }) => token);
}

/** Takes back the claims of engines that are gone, by fencing token. Says how many. */
export function recover(sql: StoreSql, { gone }: { readonly gone: readonly number[] }): number {
  let sum = 0;
  for (const token of gone) sum += sql.run("DELETE FROM rest_replays WHERE state = 'running' AND fencing_token = ?", token).changes;
  return sum;
}

function outcomeOf(row: Row, asked: string, nowMs: number): ClaimOutcome {
  if (row.fingerprint !== asked) return { kind: 'mismatch' };
  if (row.state === 'running') return { kind: 'busy', leftMs: row.lease_ends_at - nowMs };
  const { head, body, checksum } = row;
  // SQLite does not notice a flipped bit: better no response than a wrong one.
  if (row.state === 'unkept' || head === null || checksum !== checksumOf(head, body ?? undefined)) return { kind: 'unkept' };
  const { status, headers, contentType } = JSON.parse(head) as Head;
  return { kind: 'replay', response: { status, headers, contentType, body: body ?? undefined } };
}

function checksumOf(head: string, body: Uint8Array | undefined): number {
  const sum = crc32(head);
  // zlib takes the missing memory of an empty value for the wish to begin anew.
  return body === undefined || body.byteLength === 0 ? sum : crc32(body, sum);
}
