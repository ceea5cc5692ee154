import type { AnswerOf } from '../../contract/index.js';
import { get, post, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import { listKeys, listPage, type ListShape } from '../list-page.js';
import type { ModuleFunctions } from '../module-functions.js';

interface AllStreams {
  readonly stream: readonly { readonly id: string; readonly groups: readonly string[] }[];
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
/** Pages of a group that are looked through. */
const mostPages = 20;

type StreamRow = AnswerOf<'GET /streams'>['items'][number];
type GroupRow = AnswerOf<'GET /streams/:stream/groups'>['items'][number];
type ItemRow = AnswerOf<'GET /streams/:stream/:group/items'>['items'][number];
const listed: ListShape<StreamRow> = { keyOf: (row) => row.stream, textOf: (row) => row.stream, sorts: { groups: (row) => row.groupCount } };
const groupsListed: ListShape<GroupRow> = { keyOf: (row) => row.group, textOf: (row) => row.group };
const itemsListed: ListShape<ItemRow> = { keyOf: (row) => row.place, textOf: (row) => JSON.stringify(row.value) ?? '' };

/** Streams, their groups and items; messages to those who follow. */
export function streamRoutes(modules: ModuleFunctions): readonly ApiRoute[] {
  return [
    get('/streams', listKeys(listed), async ({ query, signal }) => {
      const { stream } = await modules.call<AllStreams>('stream::list_all', {}, { signal });
      return listPage(stream.map(({ id, groups }) => ({ stream: id, groupCount: groups.length })), query, listed);
    }),
    get('/streams/:stream/groups', listKeys(groupsListed), async ({ params, query, signal }) => {
      const groups = await modules.call<readonly string[]>('stream::list_groups', { stream_name: params['stream'] }, { signal });
      return listPage(groups.map((group) => ({ group })), query, groupsListed);
    }),
    get('/streams/:stream/:group/items', listKeys(itemsListed), async ({ params, query, signal }) => {
      const items = await itemsOf(modules, { stream_name: params['stream'], group_id: params['group'] }, signal);
      const width = String(items.length).length;
      // In the order in which they came: their places are what the list can go on from.
      const rows = items.map((item, index) => ({ place: String(index).padStart(width, '0'), ...item }));
      return listPage(rows, query, itemsListed);
    }),
    get('/streams/:stream/:group/items/:item', [], async ({ params, signal }) => ({
      value: await modules.call('stream::get', { stream_name: params['stream'], group_id: params['group'], item_id: params['item'] }, { signal }),
    })),
    post('/streams/:stream/:group/send', async ({ params, body, signal }) => {
      const { type, data, id } = bodyFields(body, ['type', 'data', 'id'], ['type']);
      return await modules.act('stream::send', { stream_name: params['stream'], group_id: params['group'], type, data, id }, { signal });
    }),
  ];
}

/** The items of a group, the oldest 20,000 of them. */
async function itemsOf(modules: ModuleFunctions, group: object, signal: AbortSignal): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages === 0 || (cursor !== undefined && pages < mostPages); pages += 1) {
    const page: ItemPage = await modules.call('stream::list', { ...group, with_ids: true, ...(cursor === undefined ? {} : { cursor }) }, { signal });
    items.push(...page.items);
    ({ cursor } = page);
  }
  return items;
}
