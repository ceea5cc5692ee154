import { redacted } from './secret-names.js';

const endOfUrl = /[\s"'<>`\\]/;

/** Takes user information and the values of queries out of all URLs in a text. */
export function redactUrls(text: string): string {
  let result = '';
  let from = 0;
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', from)) {
    const start = at + 3;
    let end = start;
    while (end < text.length && !endOfUrl.test(text[end] as string)) end += 1;
    result += text.slice(from, start) + redactBehindScheme(text.slice(start, end));
    from = end;
  }
  return result + text.slice(from);
}

function redactBehindScheme(rest: string): string {
  const slash = rest.search(/[/?#]/);
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const behind = slash === -1 ? '' : rest.slice(slash);
  const user = authority.lastIndexOf('@');
  // No port: a password with signs that should have been escaped.
  const isCut = user === -1 && /^[^:[]*:(?!\d*$)/.test(authority);
  const end = isCut ? rest.lastIndexOf('@') : -1;
  if (end !== -1) return `${redacted}@${redactBehindScheme(rest.slice(end + 1))}`;
  const host = user === -1 ? authority : `${redacted}@${authority.slice(user + 1)}`;
  return host + redactQueryOf(behind);
}

/** `/path?a=1#f` keeps the names of its parameters. */
export function redactQueryOf(path: string): string {
  const mark = path.indexOf('?');
  if (mark === -1) return path;
  const hash = path.indexOf('#', mark);
  const query = path.slice(mark + 1, hash === -1 ? undefined : hash);
  return `${path.slice(0, mark + 1)}${redactQuery(query)}${hash === -1 ? '' : path.slice(hash)}`;
}

/** `a=1&b=2` without the values. */
export function redactQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals === -1 ? pair : `${pair.slice(0, equals + 1)}${redacted}`;
    })
    .join('&');
}
