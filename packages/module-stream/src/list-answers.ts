import { WireValue } from '@motia/engine-core/contract';
import { streamErrors } from './errors.js';
import type { GroupName, ItemsPage, StreamStore } from './stream-store.js';

interface GroupAddress {
  readonly stream: string;
  readonly group: string;
}
export interface Paging {
  readonly limit?: number;
  readonly cursor?: string;
}

/** Items of one page. */
export const pageLimit = 1_000;
/** JSON of one page, about. */
const pageBytes = 4 * 1_048_576;
/** What is answered without pages. */
const wholeLimit = 10_000;
const wholeBytes = 8 * 1_048_576;

/** The values of a group, as the reference gives them. @throws `MOTIA_STREAM_LIST_TOO_LARGE` */
export async function wholeList(store: Pick<StreamStore, 'list'>, place: GroupAddress, limit: number | undefined): Promise<WireValue> {
  const { items, cursor } = await store.list({ ...place, limit: limit ?? wholeLimit, maxBytes: wholeBytes });
  // Whoever asked for so many gets so many; whoever asked for all gets all, or an error.
  if (cursor !== undefined && (limit === undefined || items.length < limit)) throw streamErrors.LIST_TOO_LARGE({ ...place, limit: `${wholeLimit} items or ${wholeBytes} bytes`, pages: 'with_ids' });
  return new WireValue(`[${items.map(({ json }) => json).join(',')}]`);
}

/** A page of items with their ids. */
export async function itemsPage(store: Pick<StreamStore, 'list'>, place: GroupAddress, { limit = pageLimit, cursor: after }: Paging): Promise<WireValue> {
  const { items, cursor } = await store.list({ ...place, limit, maxBytes: pageBytes, ...(after === undefined ? {} : { after }) });
  const next = cursor === undefined ? '' : `,"cursor":${JSON.stringify(cursor)}`;
  return new WireValue(`{"items":[${items.map(itemJson).join(',')}]${next}}`);
}

/** The ids of the groups of a stream, as the reference gives them. @throws `MOTIA_STREAM_LIST_TOO_LARGE` */
export async function wholeGroups(store: Pick<StreamStore, 'groups'>, stream: string, limit: number | undefined): Promise<readonly string[]> {
  const { groups, hasMore } = await store.groups({ stream, limit: limit ?? wholeLimit });
  if (hasMore && limit === undefined) throw streamErrors.LIST_TOO_LARGE({ stream, limit: `${wholeLimit} groups`, pages: 'with_cursor' });
  return groups.map(({ name }) => name);
}

/** A page of the groups of a stream. Its cursor is the last of them. */
export async function groupsPage(store: Pick<StreamStore, 'groups'>, stream: string, { limit = pageLimit, cursor }: Paging): Promise<{ readonly groups: readonly string[]; readonly cursor?: string }> {
  const { groups, hasMore } = await store.groups({ stream, limit, ...(cursor === undefined ? {} : { after: { stream, name: cursor } }) });
  const last = groups.at(-1);
  return { groups: groups.map(({ name }) => name), ...(hasMore && last !== undefined ? { cursor: last.name } : {}) };
}

/** Streams with their groups, up to a number of groups, and where the others begin. @throws `MOTIA_STREAM_INVALID_INPUT` */
export async function streamsPage(
  store: Pick<StreamStore, 'groups'>, { limit = wholeLimit, cursor }: Paging,
): Promise<{ readonly streams: readonly { readonly id: string; readonly groups: readonly string[] }[]; readonly cursor?: string }> {
  const { groups, hasMore } = await store.groups({ limit, ...(cursor === undefined ? {} : { after: groupAt(cursor) }) });
  const streams = new Map<string, string[]>();
  for (const { stream, name } of groups) {
    const known = streams.get(stream);
    if (known === undefined) streams.set(stream, [name]);
    else known.push(name);
  }
  const last = groups.at(-1);
  return { streams: [...streams].map(([id, names]) => ({ id, groups: names })), ...(hasMore && last !== undefined ? { cursor: cursorOf(last) } : {}) };
}

/** Names hold no control characters. */
const cursorOf = ({ stream, name }: GroupName): string => `${stream}\n${name}`;

function groupAt(cursor: string): GroupName {
  const [stream, name, ...more] = cursor.split('\n');
  if (stream === undefined || name === undefined || more.length > 0) throw streamErrors.INVALID_INPUT({ functionId: 'stream::list_all', field: 'cursor', problem: 'is none that an answer gave', legacyCode: 'JSON_ERROR' });
  return { stream, name };
}

function itemJson({ id, json }: ItemsPage['items'][number]): string {
  return `{"id":${JSON.stringify(id)},"value":${json}}`;
}
