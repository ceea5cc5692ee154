import type { AnswerOf } from '../../contract/index.js';
import { get, post, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import { listKeys, listPage, type ListShape } from '../list-page.js';
import type { ModuleFunctions } from '../module-functions.js';
import type { StoredData } from '../stored-data.js';

interface AllStreams {
  readonly stream: readonly { readonly id: string; readonly groups: readonly string[] }[];
  readonly cursor?: string;
}
interface GroupPage {
  readonly groups: readonly string[];
  readonly cursor?: string;
}

interface Item {
  /** Absent only where a worker keeps the stream and does not say. */
  readonly id?: string;
  readonly value: unknown;
}
interface ItemPage {
  readonly items: readonly Item[];
  readonly cursor?: string;
}
/** Pages that are looked through. */
const mostPages = 20;

type StreamRow = AnswerOf<'GET /streams'>['items'][number];
type GroupRow = AnswerOf<'GET /streams/:stream/groups'>['items'][number];
type ItemRow = AnswerOf<'GET /streams/:stream/:group/items'>['items'][number];
const listed: ListShape<StreamRow> = { keyOf: (row) => row.stream, textOf: (row) => row.stream, sorts: { groups: (row) => row.groupCount } };
const groupsListed: ListShape<GroupRow> = { keyOf: (row) => row.group, textOf: (row) => row.group };
const itemsListed: ListShape<ItemRow> = { keyOf: (row) => row.place, textOf: (row) => JSON.stringify(row.value) ?? '' };

/** Streams, their groups and items; messages to those who follow. */
export function streamRoutes(modules: ModuleFunctions, stored: StoredData): readonly ApiRoute[] {
  return [
    get('/streams', listKeys(listed), async ({ query, signal }) => {
      const streams = await pagesOf<AllStreams['stream'][number], AllStreams>(({ stream }) => stream, (cursor) => modules.call('stream::list_all', { limit: 1_000, ...cursor }, { signal }));
      const groupCounts = new Map<string, number>();
      for (const { id, groups } of streams) groupCounts.set(id, (groupCounts.get(id) ?? 0) + groups.length);
      return listPage([...groupCounts].map(([stream, groupCount]) => ({ stream, groupCount })), query, listed);
    }),
    get('/streams/:stream/groups', listKeys(groupsListed), async ({ params, query, signal }) => {
      const groups = await pagesOf<string, GroupPage>(({ groups }) => groups, (cursor) => modules.call('stream::list_groups', { stream_name: params['stream'], with_cursor: true, ...cursor }, { signal }));
      return listPage(groups.map((group) => ({ group })), query, groupsListed);
    }),
    get('/streams/:stream/:group/items', ['reveal', ...listKeys(itemsListed)], async (request) => {
      const { params, query, signal } = request;
      const group = { stream_name: params['stream'], group_id: params['group'] };
      const items = await pagesOf<Item, ItemPage>(({ items }) => items, (cursor) => modules.call('stream::list', { ...group, with_ids: true, ...cursor }, { signal }));
      const width = String(items.length).length;
      // In the order in which they came: their places are what the list can go on from.
      const rows = items.map((item, index) => ({ place: String(index).padStart(width, '0'), ...item, value: stored.shown(request, item.id, item.value) }));
      return listPage(rows, query, itemsListed);
    }),
    get('/streams/:stream/:group/items/:item', ['reveal'], async (request) => {
      const { stream, group, item } = request.params;
      return { value: stored.shown(request, item, await modules.call('stream::get', { stream_name: stream, group_id: group, item_id: item }, request)) };
    }),
    post('/streams/:stream/:group/send', async ({ params, body, signal }) => {
      const { type, data, id } = bodyFields(body, ['type', 'data', 'id'], ['type']);
      stored.refuseHidden(undefined, data);
      return await modules.act('stream::send', { stream_name: params['stream'], group_id: params['group'], type, data, id }, { signal });
    }),
  ];
}

/** The first 20,000 or so. */
async function pagesOf<T, P extends { readonly cursor?: string }>(rowsOf: (page: P) => readonly T[], read: (cursor: { readonly cursor?: string }) => Promise<P>): Promise<readonly T[]> {
  const rows: T[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages === 0 || (cursor !== undefined && pages < mostPages); pages += 1) {
    const page = await read(cursor === undefined ? {} : { cursor });
    rows.push(...rowsOf(page));
    ({ cursor } = page);
  }
  return rows;
}
