import { WireValue } from '@motia/engine-core/contract';
import { streamErrors } from './errors.js';
import type { ItemsPage, StreamStore } from './stream-store.js';

interface GroupAddress {
  readonly stream: string;
  readonly group: string;
}
export interface ItemsPaging {
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
  if (cursor !== undefined && (limit === undefined || items.length < limit)) throw streamErrors.LIST_TOO_LARGE({ ...place, limit: `${wholeLimit} items or ${wholeBytes} bytes` });
  return new WireValue(`[${items.map(({ json }) => json).join(',')}]`);
}

/** A page of items with their ids. */
export async function itemsPage(store: Pick<StreamStore, 'list'>, place: GroupAddress, { limit = pageLimit, cursor: after }: ItemsPaging): Promise<WireValue> {
  const { items, cursor } = await store.list({ ...place, limit, maxBytes: pageBytes, ...(after === undefined ? {} : { after }) });
  const next = cursor === undefined ? '' : `,"cursor":${JSON.stringify(cursor)}`;
  return new WireValue(`{"items":[${items.map(itemJson).join(',')}]${next}}`);
}

function itemJson({ id, json }: ItemsPage['items'][number]): string {
  return `{"id":${JSON.stringify(id)},"value":${json}}`;
}
