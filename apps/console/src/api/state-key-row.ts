import type { StateKeyRow } from '../contract/index.js';
import { previewOf } from './preview.js';
import type { StoredData } from './stored-data.js';

/** An entry as the state module lists it. */
export interface ListedKey {
  readonly key: string;
  readonly value: unknown;
  readonly version: number;
  readonly updated_at_ms: number;
  readonly expires_at_ms?: number;
}

/** A row of the list: the beginning of the value as it may be shown, never all of it. */
export function stateKeyRow({ key, value, version, updated_at_ms: updatedAtMs, expires_at_ms: expiresAtMs }: ListedKey, stored: StoredData): StateKeyRow {
  return { key, version, updatedAtMs, ...(expiresAtMs === undefined ? {} : { expiresAtMs }), ...previewOf(value, stored.hidden(key, value)) };
}
