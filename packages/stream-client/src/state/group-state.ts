import type { StreamFrame } from '../wire/frames.js';

/** The items of a group by their ids, oldest first. Never changed in place: another group is another object. */
export type GroupItems = ReadonlyMap<string, unknown>;

export const noItems: GroupItems = new Map();

/** The group after a frame; the same object when it changed nothing. */
export function nextGroup(items: GroupItems, { event, id }: StreamFrame): GroupItems {
  switch (event.type) {
    case 'sync':
      return fromSnapshot(event.data, event.ids);
    case 'create':
    case 'update': {
      if (id === null) return items;
      return new Map(items).set(id, event.data);
    }
    case 'delete': {
      if (id === null || !items.has(id)) return items;
      const rest = new Map(items);
      rest.delete(id);
      return rest;
    }
    default:
      return items;
  }
}

/** Items in the order of one of their members where asked for, else oldest first. Items without it come last; equal ones stay in order. */
export function listOf(items: GroupItems, sortKey: string | undefined): readonly unknown[] {
  const list = [...items.values()];
  if (sortKey === undefined) return list;
  const keyOf = (item: unknown): unknown => (typeof item === 'object' && item !== null ? (item as Readonly<Record<string, unknown>>)[sortKey] : undefined);
  return list.sort((a, b) => compare(keyOf(a), keyOf(b)));
}

function fromSnapshot(data: unknown, ids: readonly string[] | undefined): GroupItems {
  if (!Array.isArray(data)) return noItems;
  return new Map((data as unknown[]).map((item, index) => [ids?.[index] ?? ownId(item) ?? String(index), item]));
}

function ownId(item: unknown): string | undefined {
  const id = typeof item === 'object' && item !== null ? (item as { readonly id?: unknown }).id : undefined;
  return typeof id === 'string' ? id : undefined;
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === undefined || a === null) return 1;
  if (b === undefined || b === null) return -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : 1;
}
