import { consoleErrors } from '../../errors.js';
import { route, type ApiRequest, type ApiRoute } from '../api-route.js';
import type { Acted, ModuleFunctions } from '../module-functions.js';
import { bodyFields } from '../body-fields.js';
import { integer, pageRequest, text } from '../page-query.js';
import { stateAt, type HistoryEntry } from '../state-at.js';
import type { StoredData } from '../stored-data.js';

interface ScopePage {
  readonly groups: readonly string[];
  readonly cursor?: string;
}
interface KeyPage {
  readonly items: readonly { readonly key: string; readonly value: unknown; readonly version: number; readonly updated_at_ms: number; readonly expires_at_ms?: number }[];
  readonly cursor?: string;
}
interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  readonly truncated: boolean;
  readonly cursor?: string;
}
/** Characters of a value in the list of keys. */
const previewLength = 120;

/** Scopes, keys, values and their history; changes by compare-and-set. */
export function stateRoutes(modules: ModuleFunctions, stored: StoredData): readonly ApiRoute[] {
  const place = ({ params }: ApiRequest) => ({ scope: params['group'] ?? '', key: params['key'] ?? '' });
  const written = (request: ApiRequest, { result, traceId }: Acted): Acted => ({ result: stored.members(request, place(request).key, result, ['old_value', 'new_value']), traceId });
  return [
    route('GET', '/state/groups', async ({ query, signal }) => {
      const { limit, cursor, isClamped } = pageRequest(query);
      const { groups, cursor: next } = await modules.call<ScopePage>('state::list_groups', { prefix: text(query, 'prefix') ?? '', limit, ...(cursor === undefined ? {} : { cursor }) }, { signal });
      return { items: groups.map((group) => ({ group })), nextCursor: next ?? null, ...(isClamped ? { clamped: true } : {}) };
    }),
    route('GET', '/state/:group/keys', async ({ params, query, signal }) => {
      const { limit, cursor, isClamped } = pageRequest(query);
      const page = await modules.call<KeyPage>(
        'state::list', { scope: params['group'], with_keys: true, prefix: text(query, 'prefix') ?? '', limit, ...(cursor === undefined ? {} : { cursor }) }, { signal },
      );
      return { items: page.items.map((item) => keyRow(item, stored.hidden(item.key, item.value))), nextCursor: page.cursor ?? null, ...(isClamped ? { clamped: true } : {}) };
    }),
    route('GET', '/state/:group/:key', async (request) => {
      const entry = await modules.call<{ readonly value: unknown } | undefined>('state::get', { ...place(request), with_version: true }, request);
      if (entry === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'key', id: `${place(request).scope}/${place(request).key}` });
      return { ...place(request), ...entry, value: stored.shown(request, place(request).key, entry.value) };
    }),
    route('GET', '/state/:group/:key/history', async (request) => {
      const { limit, isClamped } = pageRequest(request.query);
      const before = integer(request.query, 'beforeSeq', 1);
      const { entries, truncated, cursor } = await modules.call<HistoryPage>('state::history', { ...place(request), limit, ...(before === undefined ? {} : { cursor: String(before) }) }, request);
      return { items: entries.map((entry) => stored.members(request, place(request).key, entry, ['before', 'after'])), nextCursor: cursor ?? null, truncated, ...(isClamped ? { clamped: true } : {}) };
    }),
    route('GET', '/state/:group/:key/at/:seq', async (request) => {
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
    route('POST', '/state/:group/:key', async (request) => {
      const { value, ifVersion, ttlMs } = bodyFields(request.body, ['value', 'ifVersion', 'ttlMs'], ['value']);
      stored.refuseHidden(place(request).key, value);
      return written(request, await modules.act('state::set', { ...place(request), value, if_version: ifVersion, ttl_ms: ttlMs }, request));
    }),
    route('POST', '/state/:group/:key/delete', async (request) => {
      const { ifVersion } = bodyFields(request.body, ['ifVersion']);
      return written(request, await modules.act('state::delete', { ...place(request), if_version: ifVersion }, request));
    }),
  ];
}

/** A row of the list: the beginning of the value as it is shown, never all of it. */
function keyRow({ key, value, version, updated_at_ms: updatedAtMs, expires_at_ms: expiresAtMs }: KeyPage['items'][number], shown: unknown) {
  const json = JSON.stringify(shown) ?? '';
  return { key, version, updatedAtMs, ...(expiresAtMs === undefined ? {} : { expiresAtMs }), bytes: Buffer.byteLength(JSON.stringify(value) ?? ''), preview: json.length > previewLength ? `${json.slice(0, previewLength)}…` : json };
}
