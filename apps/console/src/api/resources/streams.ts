import { route, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import { listPage } from '../list-page.js';
import type { ModuleFunctions } from '../module-functions.js';

interface AllStreams {
  readonly stream: readonly { readonly id: string; readonly groups: readonly string[] }[];
}

/** Streams, their groups and items; messages to those who follow. */
export function streamRoutes(modules: ModuleFunctions): readonly ApiRoute[] {
  return [
    route('GET', '/streams', async ({ query, signal }) => {
      const { stream } = await modules.call<AllStreams>('stream::list_all', {}, { signal });
      return listPage(stream.map(({ id, groups }) => ({ stream: id, groupCount: groups.length })), query, { keyOf: (row) => row.stream, textOf: (row) => row.stream, sorts: { groups: (row) => row.groupCount } });
    }),
    route('GET', '/streams/:stream/groups', async ({ params, query, signal }) => {
      const groups = await modules.call<readonly string[]>('stream::list_groups', { stream_name: params['stream'] }, { signal });
      return listPage(groups.map((group) => ({ group })), query, { keyOf: (row) => row.group, textOf: (row) => row.group });
    }),
    route('GET', '/streams/:stream/:group/items', async ({ params, query, signal }) => {
      const items = await modules.call<readonly unknown[]>('stream::list', { stream_name: params['stream'], group_id: params['group'] }, { signal });
      const width = String(items.length).length;
      // Items may hold no id of their own: their places are what the list can go on from.
      const rows = items.map((value, index) => ({ place: String(index).padStart(width, '0'), value }));
      return listPage(rows, query, { keyOf: (row) => row.place, textOf: (row) => JSON.stringify(row.value) ?? '' });
    }),
    route('GET', '/streams/:stream/:group/items/:item', async ({ params, signal }) => ({
      value: await modules.call('stream::get', { stream_name: params['stream'], group_id: params['group'], item_id: params['item'] }, { signal }),
    })),
    route('POST', '/streams/:stream/:group/send', async ({ params, body, signal }) => {
      const { type, data, id } = bodyFields(body, ['type', 'data', 'id'], ['type']);
      return await modules.act('stream::send', { stream_name: params['stream'], group_id: params['group'], type, data, id }, { signal });
    }),
  ];
}
