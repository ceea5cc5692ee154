/** An entry of a key's history, as far as the value at a time needs it. */
export interface HistoryEntry {
  readonly seq: number;
  readonly op: string;
  readonly version: number;
  readonly at_ms: number;
  readonly trace_id?: string;
  readonly function_id?: string;
  readonly after?: unknown;
  /** The value was too large for the history. */
  readonly after_unknown?: boolean;
}

/**
 * What a key held. `is_known: false`: the history does not reach so far back, or the value was too large for it. Otherwise `exists`
 * tells a missing key from a stored null, and `seq` names the change that made it so.
 */
export type StateAt =
  | { readonly is_known: false }
  | { readonly is_known: true; readonly exists: false; readonly seq?: number }
  | { readonly is_known: true; readonly exists: true; readonly value: unknown; readonly seq: number; readonly version: number; readonly at_ms: number; readonly trace_id?: string; readonly function_id?: string };

/** @param last the newest change up to the time; undefined when there is none @param isTruncated older changes were forgotten */
export function stateAt(last: HistoryEntry | undefined, isTruncated: boolean): StateAt {
  if (last === undefined) return isTruncated ? { is_known: false } : { is_known: true, exists: false };
  const { seq, op, version, at_ms: atMs, trace_id: traceId, function_id: functionId, after, after_unknown: isUnknown } = last;
  if (isUnknown === true) return { is_known: false };
  if (!('after' in last) || op === 'delete' || op === 'expire') return { is_known: true, exists: false, seq };
  return {
    is_known: true, exists: true, value: after, seq, version, at_ms: atMs,
    ...(traceId === undefined ? {} : { trace_id: traceId }), ...(functionId === undefined ? {} : { function_id: functionId }),
  };
}
