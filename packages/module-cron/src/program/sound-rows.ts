/** What a query found: rows that are what was written, and the keys of those that are not, which a command moves to the quarantine. */
export interface Found<Row, Key> {
  readonly rows: readonly Row[];
  readonly damaged: readonly Key[];
}

export function sift<Raw, Row, Key>(raw: readonly Raw[], { isIntact, toRow, toKey }: { readonly isIntact: (raw: Raw) => boolean; readonly toRow: (raw: Raw) => Row; readonly toKey: (raw: Raw) => Key }): Found<Row, Key> {
  const rows: Row[] = [];
  const damaged: Key[] = [];
  for (const each of raw) {
    if (isIntact(each)) rows.push(toRow(each));
    else damaged.push(toKey(each));
  }
  return { rows, damaged };
}
