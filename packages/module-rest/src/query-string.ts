import { restErrors } from './errors.js';

/** Query values by name, without a prototype: a string, or all of them in order where a name is repeated. */
export type QueryParams = Record<string, string | string[]>;

/** More parameters than this are refused. */
export const QUERY_PARAM_LIMIT = 1000;

/** Where one parameter begins and ends. */
function decodePart(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // A lone % is common in hand-written links; the text stays as it was sent.
    return spaced;
  }
}

/**
 * Splits a query string on `&` and `=`. No nesting: `a[b]=1` is the name `a[b]`. `+` is a space; malformed
 * percent-encodings stay as they are.
 * @throws `MOTIA_REST_TOO_MANY_PARAMS` beyond 1,000
 */
export function parseQueryString(query: string): QueryParams {
  const params = Object.create(null) as QueryParams;
  let count = 0;
  let start = 0;
  while (start <= query.length) {
    const next = query.indexOf('&', start);
    const stop = next === -1 ? query.length : next;
    if (stop > start) {
      count += 1;
      if (count > QUERY_PARAM_LIMIT) throw restErrors.TOO_MANY_PARAMS({ limit: QUERY_PARAM_LIMIT });
      const equals = query.indexOf('=', start);
      const isBare = equals === -1 || equals > stop;
      const name = decodePart(query.slice(start, isBare ? stop : equals));
      add(params, name, isBare ? '' : decodePart(query.slice(equals + 1, stop)));
    }
    start = stop + 1;
  }
  return params;
}

function add(params: QueryParams, name: string, value: string): void {
  const known = params[name];
  if (known === undefined) params[name] = value;
  else if (typeof known === 'string') params[name] = [known, value];
  else known.push(value);
}
