import type { AnswerOf } from '../../contract/index.js';
import { consoleErrors } from '../../errors.js';
import { get, post, type ApiRequest, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import { fittingPage } from '../fitting-page.js';
import type { ModuleFunctions } from '../module-functions.js';
import { integer, pageKeys, pageRequest, rowFilter, text } from '../page-query.js';
import { stateAt } from '../state-at.js';
import { stateKeyRow, type ListedKey } from '../state-key-row.js';

interface ScopePage {
  readonly groups: readonly string[];
  readonly cursor?: string;
}
interface KeyPage {
  readonly items: readonly ListedKey[];
  readonly cursor?: string;
}
type Change = AnswerOf<'GET /state/:group/:key/history'>['items'][number];
interface HistoryPage {
  readonly entries: readonly Change[];
  readonly truncated: boolean;
  readonly cursor?: string;
}

/** Scopes, keys, values and their history; changes by compare-and-set. */
export function stateRoutes(modules: ModuleFunctions): readonly ApiRoute[] {
  const place = ({ params }: ApiRequest) => ({ scope: params['group'] ?? '', key: params['key'] ?? '' });
  return [
    get('/state/groups', ['prefix', 'filter', ...pageKeys], async ({ query, signal }) => {
      const { limit, cursor, isClamped } = pageRequest(query);
      const { rows, next } = await fittingPage(cursor, rowFilter<string>(query, { textOf: (group) => group }), async (from) => {
        const page = await modules.call<ScopePage>('state::list_groups', { prefix: text(query, 'prefix') ?? '', limit, ...(from === undefined ? {} : { cursor: from }) }, { signal });
        return { rows: page.groups, next: page.cursor };
      });
      return { items: rows.map((group) => ({ group })), nextCursor: next ?? null, ...(isClamped ? { clamped: true as const } : {}) };
    }),
    get('/state/:group/keys', ['prefix', 'filter', 'from', 'to', ...pageKeys], async ({ params, query, signal }) => {
      const { limit, cursor, isClamped } = pageRequest(query);
      const fits = rowFilter<ListedKey>(query, { textOf: ({ key, value }) => `${key} ${JSON.stringify(value)}`, timeOf: (entry) => entry.updated_at_ms });
      const { rows, next } = await fittingPage(cursor, fits, async (from) => {
        const page = await modules.call<KeyPage>('state::list', { scope: params['group'], with_keys: true, prefix: text(query, 'prefix') ?? '', limit, ...(from === undefined ? {} : { cursor: from }) }, { signal });
        return { rows: page.items, next: page.cursor };
      });
      return { items: rows.map(stateKeyRow), nextCursor: next ?? null, ...(isClamped ? { clamped: true as const } : {}) };
    }),
    get('/state/:group/:key', [], async (request) => {
      const entry = await modules.call<{ readonly value: unknown; readonly version: number } | undefined>('state::get', { ...place(request), with_version: true }, request);
      if (entry === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'key', id: `${place(request).scope}/${place(request).key}` });
      return { ...place(request), ...entry };
    }),
    get('/state/:group/:key/history', ['beforeSeq', 'filter', 'from', 'to', ...pageKeys], async (request) => {
      const { limit, cursor, isClamped } = pageRequest(request.query);
      const beforeSeq = integer(request.query, 'beforeSeq', 1);
      const fits = rowFilter<Change>(request.query, { textOf: (change) => JSON.stringify(change), timeOf: (change) => change.at_ms });
      let truncated = false;
      const { rows, next } = await fittingPage(cursor ?? (beforeSeq === undefined ? undefined : String(beforeSeq)), fits, async (from) => {
        const page = await modules.call<HistoryPage>('state::history', { ...place(request), limit, ...(from === undefined ? {} : { cursor: from }) }, request);
        ({ truncated } = page);
        return { rows: page.entries, next: page.cursor };
      });
      return { items: rows, nextCursor: next ?? null, truncated, ...(isClamped ? { clamped: true as const } : {}) };
    }),
    get('/state/:group/:key/at/:seq', [], async (request) => {
      const seq = Number(/^(?:0|[1-9]\d{0,14})$/.exec(request.params['seq'] ?? '')?.[0] ?? Number.NaN);
      if (Number.isNaN(seq)) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'change', id: (request.params['seq'] ?? '').slice(0, 64) });
      // Cursors are changes of the key itself, and the wanted number may be that of any change.
      for (let cursor: string | undefined; ; ) {
        const page = await modules.call<HistoryPage>('state::history', { ...place(request), limit: 100, ...(cursor === undefined ? {} : { cursor }) }, request);
        const last = page.entries.find((entry) => entry.seq <= seq);
        if (last !== undefined || page.cursor === undefined) return { ...place(request), ...stateAt(last, page.truncated) };
        cursor = page.cursor;
      }
    }),
    post('/state/:group/:key', async (request) => {
      const { value, ifVersion, ttlMs } = bodyFields(request.body, ['value', 'ifVersion', 'ttlMs'], ['value']);
      return await modules.act('state::set', { ...place(request), value, if_version: ifVersion, ttl_ms: ttlMs }, request);
    }),
    post('/state/:group/:key/delete', async (request) => {
      const { ifVersion } = bodyFields(request.body, ['ifVersion']);
      return await modules.act('state::delete', { ...place(request), if_version: ifVersion }, request);
    }),
  ];
}
