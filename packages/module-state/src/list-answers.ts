import { WireValue } from '@motia/engine-core/contract';
import { stateErrors } from './errors.js';
import { checkBoolean, checkInteger, checkName, checkPlace, checkText, member } from './requests.js';
import type { StateHistoryEntry, StateStore, StoredEntry } from './state-store.js';

type Payload = Readonly<Record<string, unknown>>;

const pageLimit = { min: 1, max: 1_000 };
/** JSON of one page, about. */
const pageBytes = 4 * 1_048_576;
/** What is answered without pages. */
const wholeLimit = 10_000;
const wholeBytes = 8 * 1_048_576;

/** `state::list`: an array of values as the reference gives it, or a page of entries. @throws `MOTIA_STATE_LIST_TOO_LARGE` */
export async function answerList(store: StateStore, payload: Payload): Promise<WireValue> {
  const scope = checkName('scope', payload['scope']);
  const prefix = checkName('prefix', payload['prefix'] ?? '');
  const limit = checkInteger('limit', payload['limit'], pageLimit);
  const after = checkText('cursor', payload['cursor']);
  const query = { scope, prefix, ...(after === undefined ? {} : { after }) };
  if (checkBoolean('with_keys', member(payload, 'with_keys')) || after !== undefined) {
    const { entries, hasMore } = await store.list({ ...query, limit: limit ?? pageLimit.max, maxBytes: pageBytes });
    return new WireValue(`{"items":[${entries.map(entryJson).join(',')}]${cursorJson(hasMore, entries.at(-1)?.key)}}`);
  }
  const { entries, hasMore } = await store.list({ ...query, limit: limit ?? wholeLimit, maxBytes: wholeBytes });
  // Whoever asked for so many gets so many; whoever asked for all gets all, or an error.
  if (hasMore && (limit === undefined || entries.length < limit)) throw stateErrors.LIST_TOO_LARGE({ scope, limit: `${wholeLimit} entries or ${wholeBytes} bytes` });
  return new WireValue(`[${entries.map(({ json }) => json).join(',')}]`);
}

/** `state::list_groups`: all scopes, or a page of them. */
export async function answerScopes(store: StateStore, payload: Payload): Promise<WireValue> {
  const prefix = checkName('prefix', payload['prefix'] ?? '');
  const limit = checkInteger('limit', payload['limit'], pageLimit);
  const after = checkText('cursor', payload['cursor']);
  const { scopes, hasMore } = await store.scopes({ prefix, limit: limit ?? wholeLimit, ...(after === undefined ? {} : { after }) });
  return new WireValue(`{"groups":${JSON.stringify(scopes)}${cursorJson(hasMore, scopes.at(-1))}}`);
}

/** `state::history` of a key, or of all. */
export async function answerHistory(store: StateStore, payload: Payload): Promise<WireValue> {
  const isOfKey = payload['scope'] !== undefined || payload['key'] !== undefined;
  const place = isOfKey ? checkPlace(payload['scope'], payload['key']) : {};
  const limit = checkInteger('limit', payload['limit'], { min: 1, max: 500 }) ?? 50;
  const cursor = checkText('cursor', payload['cursor']);
  if (cursor !== undefined && !/^[1-9]\d{0,15}$/.test(cursor)) throw stateErrors.INVALID_OPTION({ option: 'cursor', problem: 'it is none that an answer gave' });
  const { entries, hasMore, isTruncated } = await store.history({ ...place, limit, ...(cursor === undefined ? {} : { beforeSeq: Number(cursor) }) });
  return new WireValue(`{"entries":[${entries.map(historyJson).join(',')}],"truncated":${isTruncated}${cursorJson(hasMore, entries.at(-1)?.seq.toString())}}`);
}

function cursorJson(hasMore: boolean, last: string | undefined): string {
  return hasMore && last !== undefined ? `,"cursor":${JSON.stringify(last)}` : '';
}

function entryJson({ key, json, version, updatedAtMs, expiresAtMs }: StoredEntry): string {
  return `{"key":${JSON.stringify(key)},"value":${json},"version":${version},"updated_at_ms":${updatedAtMs}${expiresAtMs === undefined ? '' : `,"expires_at_ms":${expiresAtMs}`}}`;
}

function historyJson(entry: StateHistoryEntry): string {
  const { seq, scope, key, op, version, atMs, traceId, functionId, before, after, ops, isBeforeUnknown, isAfterUnknown } = entry;
  const known = JSON.stringify({ seq, scope, key, op, version, at_ms: atMs, trace_id: traceId, function_id: functionId, before_unknown: isBeforeUnknown, after_unknown: isAfterUnknown });
  const values = [['before', before], ['after', after], ['ops', ops]].flatMap(([name, json]) => (json === undefined ? [] : [`,"${name}":${json}`])).join('');
  return `${known.slice(0, -1)}${values}}`;
}
