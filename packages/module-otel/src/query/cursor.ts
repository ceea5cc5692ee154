/** A place in a sorted list: what it is sorted by, and the id that decides between equals. */
export interface CursorPlace {
  readonly sort: string;
  readonly key: string | number;
  readonly id: string;
}

/** Opaque for whoever gets it. */
export function writeCursor({ sort, key, id }: CursorPlace): string {
  return Buffer.from(JSON.stringify([sort, key, id])).toString('base64url');
}

/** Undefined for what no list of this order has given out. */
export function readCursor(text: string, sort: string): CursorPlace | undefined {
  if (text.length > 4096) return undefined;
  try {
    const [ofSort, key, id, ...rest] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as readonly unknown[];
    const isPlace = rest.length === 0 && ofSort === sort && (typeof key === 'string' || (typeof key === 'number' && Number.isFinite(key))) && typeof id === 'string';
    return isPlace ? { sort, key, id } : undefined;
  } catch {
    return undefined;
  }
}

/** Order of two places; `ascending` of the key, always ascending of the id. */
export function comparePlaces(a: { readonly key: string | number; readonly id: string }, b: { readonly key: string | number; readonly id: string }, isAscending: boolean): number {
  if (a.key !== b.key) return a.key < b.key === isAscending ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
