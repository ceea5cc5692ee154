import { redacted } from './secret-names.js';

/** One look decides whether a text is worth a second. */
const suspicious = /:\/\/|token|secret|password|passwd|credential|api[-_]?key|authorization|bearer|basic |cookie|eyJ/i;
const schemes = /\b(bearer|basic|digest)\s+[\w\-.~+/=]{4,}/gi;
const webToken = /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;
/** Bounded before the word, so that long words cost no more than their length. */
const assignments = /((?:[\w.-]{0,48})(?:token|secret|password|passwd|credentials?|api[-_]?key|authorization|cookie)[\w.-]{0,48}\\?["']?\s{0,4}[:=]\s{0,4})(\\?"(?:[^"\\]|\\.){0,4096}"|'[^']{0,4096}'|[^\s,;&"'}\])]{1,4096})/gi;

/** Takes secrets out of free text: URLs' user information and query values, `Bearer …`, `password=…`, JSON web tokens. Linear in the length. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  let clean = text.includes('://') ? redactUrls(text) : text;
  clean = clean.replace(schemes, `$1 ${redacted}`).replace(webToken, redacted);
  return clean.replace(assignments, (whole, name: string, value: string) => (value.startsWith('[') || isScheme(value) ? whole : `${name}${redacted}`));
}

/** What stands behind it was taken out already. */
function isScheme(value: string): boolean {
  return /^(?:bearer|basic|digest)$/i.test(value);
}

const endOfUrl = /[\s"'<>`\\]/;

function redactUrls(text: string): string {
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
