import type { ClaimedCall } from '@motia/store-sqlite/outbox';
import type { StateWrite, StateWritten, StoredEntry } from '../state-store.js';
import type { EntryRow } from './entry-rows.js';

/** What became of a change, without what whoever asked for it knows: its key, and the value that it sent. */
export interface PackedWritten {
  /** 0: there was nothing to delete. */
  readonly version: number;
  /** Undefined when the key did not exist. */
  readonly before: PackedEntry | undefined;
  /** Undefined when the key does not exist any more. */
  readonly after: PackedEntry | undefined;
  readonly claimed: readonly ClaimedCall[];
}

interface PackedEntry {
  /** Null: the one that was sent. */
  readonly json: string | null;
  readonly version: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number | null;
}

export interface Written {
  /** With a value. */
  readonly before: EntryRow | undefined;
  /** As it was written; undefined when nothing was. */
  readonly after: EntryRow | undefined;
  /** The value that came with the change, if it gives one. */
  readonly sentJson: string | undefined;
  readonly claimed: readonly ClaimedCall[];
}

export function packWritten({ before, after, sentJson, claimed }: Written): PackedWritten {
  return {
    version: after?.version ?? 0,
    before: before === undefined ? undefined : packEntry(before, before.value),
    after: after === undefined || after.value === null ? undefined : packEntry(after, after.value === sentJson ? null : after.value),
    claimed,
  };
}

function packEntry({ version, updated_at_ms: updatedAtMs, expires_at_ms: expiresAtMs }: EntryRow, json: string | null): PackedEntry {
  return { json, version, updatedAtMs, expiresAtMs };
}

/** What the slot promises, for the change that was asked for. */
export function unpackWritten({ key, change }: StateWrite, { version, before, after, claimed }: PackedWritten): StateWritten {
  const sentJson = change.kind === 'set' ? change.json : '';
  return { before: unpackEntry(key, before, sentJson), after: unpackEntry(key, after, sentJson), version, claimed };
}

function unpackEntry(key: string, entry: PackedEntry | undefined, sentJson: string): StoredEntry | undefined {
  if (entry === undefined) return undefined;
  const { json, version, updatedAtMs, expiresAtMs } = entry;
  return expiresAtMs === null ? { key, json: json ?? sentJson, version, updatedAtMs } : { key, json: json ?? sentJson, version, updatedAtMs, expiresAtMs };
}
