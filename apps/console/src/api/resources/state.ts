import type { AnswerOf } from '../../contract/index.js';
import { consoleErrors } from '../../errors.js';
import { get, post, type ApiRequest, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import { fittingPage } from '../fitting-page.js';
import type { Acted, ModuleFunctions } from '../module-functions.js';
import { integer, pageKeys, pageOf, pageRequest, rowFilter, text } from '../page-query.js';
import { stateAt } from '../state-at.js';
import { stateKeyRow, type ListedKey } from '../state-key-row.js';
import type { StoredData } from '../stored-data.js';

interface ScopePage {
  readonly groups: readonly string[];
  readonly cursor?: string;
}
interface KeyPage {
  readonly items: readonly ListedKey[];
  readonly cursor?: string;
}
type Change = AnswerOf<'GET /state/:group/:key/history'>['items'][number];
type Written = AnswerOf<'POST /state/:group/:key'>['result'];
interface HistoryPage {
  readonly entries: readonly Change[];
  readonly truncated: boolean;
  readonly cursor?: string;
}

/** Scopes, keys, values and their history; changes by compare-and-set. */
export function stateRoutes(modules: ModuleFunctions, stored: StoredData): readonly ApiRoute[] {
  const place = ({ params }: ApiRequest) => ({ scope: params['group'] ?? '', key: params['key'] ?? '' });
  const written = (request: ApiRequest, { result, traceId }: Acted<Written>): Acted<Written> => ({ result: stored.members(request, place(request).key, result, ['old_value', 'new_value']), traceId });
  return [
    get('/state/groups', ['prefix', 'filter', ...pageKeys], async ({ query, signal }) => {
      const { limit, cursor, isClamped } = pageRequest(query);
      const { rows, next } = await fittingPage(cursor, rowFilter<string>(query, { textOf: (group) => group }), async (from) => {
        const page = await modules.call<ScopePage>('state::list_groups', { prefix: text(query, 'prefix') ?? '', limit, ...(from === undefined ? {} : { cursor: from }) }, { signal });
        return { rows: page.groups, next: page.cursor };
      });
      return pageOf(rows.map((group) => ({ group })), next, isClamped);
    }),
    get('/state/:group/keys', ['prefix', 'filter', 'from', 'to', ...pageKeys], async ({ params, query, signal }) => {
      const { limit, cursor, isClamped } = pageRequest(query);
      const fits = rowFilter<ListedKey>(query, { textOf: ({ key, value }) => `${key} ${JSON.stringify(stored.hidden(key, value))}`, timeOf: (entry) => entry.updated_at_ms });
      const { rows, next } = await fittingPage(cursor, fits, async (from) => {
        const page = await modules.call<KeyPage>('state::list', { scope: params['group'], with_keys: true, prefix: text(query, 'prefix') ?? '', limit, ...(from === undefined ? {} : { cursor: from }) }, { signal });
        return { rows: page.items, next: page.cursor };
      });
      return pageOf(rows.map((row) => stateKeyRow(row, stored)), next, isClamped);
    }),
    get('/state/:group/:key', ['reveal'], async (request) => {
      const entry = await modules.call<{ readonly value: unknown; readonly version: number } | undefined>('state::get', { ...place(request), with_version: true }, request);
      if (entry === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'key', id: `${place(request).scope}/${place(request).key}` });
      return { ...place(request), ...entry, value: stored.shown(request, place(request).key, entry.value) };
    }),
    get('/state/:group/:key/history', ['beforeSeq', 'filter', 'from', 'to', 'reveal', ...pageKeys], async (request) => {
      const { limit, cursor, isClamped } = pageRequest(request.query);
      const beforeSeq = integer(request.query, 'beforeSeq', 1);
      const fits = rowFilter<Change>(request.query, { textOf: (change) => JSON.stringify(change), timeOf: (change) => change.at_ms });
      let truncated = false;
      const { rows, next } = await fittingPage(cursor ?? (beforeSeq === undefined ? undefined : String(beforeSeq)), fits, async (from) => {
        const page = await modules.call<HistoryPage>('state::history', { ...place(request), limit, ...(from === undefined ? {} : { cursor: from }) }, request);
        ({ truncated } = page);
        return { rows: page.entries.map((change) => stored.members(request, place(request).key, change, ['before', 'after'])), next: page.cursor };
      });
      return { ...pageOf(rows, next, isClamped), truncated };
    }),
    get('/state/:group/:key/at/:seq', ['reveal'], async (request) => {
      const seq = Number(/^(?:0|[1-9]\d{0,14})$/.exec(request.params['seq'] ?? '')?.[0] ?? Number.NaN);
      if (Number.isNaN(seq)) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'change', id: (request.params['seq'] ?? '').slice(0, 64) });
      // Cursors are changes of the key itself, and the wanted number may be that of any change.
      for (let cursor: string | undefined; ; ) {
        const page = await modules.call<HistoryPage>('state::history', { ...place(request), limit: 100, ...(cursor === undefined ? {} : { cursor }) }, request);
        const last = page.entries.find((entry) => entry.seq <= seq);
        if (last !== undefined || page.cursor === undefined) return { ...place(request), ...stored.members(request, place(request).key, stateAt(last, page.truncated), ['value']) };
        cursor = page.cursor;
      }
    }),
    post('/state/:group/:key', async (request) => {
      const { value, ifVersion, ttlMs } = bodyFields(request.body, ['value', 'ifVersion', 'ttlMs'], ['value']);
      stored.refuseHidden(place(request).key, value);
      return written(request, await modules.act('state::set', { ...place(request), value, if_version: ifVersion, ttl_ms: ttlMs }, request));
    }),
    post('/state/:group/:key/delete', async (request) => {
      const { ifVersion } = bodyFields(request.body, ['ifVersion']);
      return written(request, await modules.act('state::delete', { ...place(request), if_version: ifVersion }, request));
    }),
  ];
}
