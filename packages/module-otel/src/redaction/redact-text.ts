import { redacted } from './secret-names.js';

/** One look decides whether a text is worth a second. */
const suspicious = /:\/\/|token|secret|password|passwd|credential|api[-_]?key|authorization|bearer|basic |cookie|eyJ/i;
const schemes = /\b(bearer|basic|digest)\s{1,8}[\w\-.~+/=]{4,}/gi;
/** Begins only where no such text is under way, so that no character is looked at twice. */
const webToken = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;

/** Takes secrets out of free text: URLs' user information and query values, `Bearer …`, `password=…`, JSON web tokens. Linear in the length. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  const clean = text.includes('://') ? redactUrls(text) : text;
  return redactAssignments(clean.replace(schemes, `$1 ${redacted}`).replace(webToken, redacted));
}

const secretWord = /token|secret|password|passwd|credential|api[-_]?key|authorization|cookie/i;
const scheme = /^(?:bearer|basic|digest)$/i;
/** As much as is looked at before and between name, sign and value. */
const longestName = 96;
const longestGap = 4;

/** `password=…`, `"api_key": "…"`, `token: '…'`: around every sign, a look back for a name and ahead for its value. */
function redactAssignments(text: string): string {
  let result = '';
  let from = 0;
  for (const { index } of text.matchAll(/[:=]/g)) {
    if (index < from || !secretWord.test(nameBefore(text, index))) continue;
    const [start, end] = valueAfter(text, index + 1);
    const value = text.slice(start, end);
    if (value === '' || value === redacted || value.startsWith('[redacted') || scheme.test(value)) continue;
    result += text.slice(from, start) + redacted;
    from = end;
  }
  return result + text.slice(from);
}

function nameBefore(text: string, sign: number): string {
  let end = sign;
  for (let gap = 0; gap < longestGap && /\s/.test(text[end - 1] ?? ''); gap += 1) end -= 1;
  if (/["']/.test(text[end - 1] ?? '')) end -= 1;
  if (text[end - 1] === '\\') end -= 1;
  let start = end;
  while (end - start < longestName && /[\w.-]/.test(text[start - 1] ?? '')) start -= 1;
  return text.slice(start, end);
}

/** Where a value begins and ends; quotes stay. */
function valueAfter(text: string, behindSign: number): readonly [number, number] {
  let start = behindSign;
  for (let gap = 0; gap < longestGap && /\s/.test(text[start] ?? ''); gap += 1) start += 1;
  const isEscaped = text[start] === '\\';
  const quote = text[isEscaped ? start + 1 : start];
  if (quote === '"' || quote === "'") {
    start += isEscaped ? 2 : 1;
    const closing = isEscaped ? text.indexOf(`\\${quote}`, start) : endOfQuoted(text, start, quote);
    return [start, closing === -1 ? text.length : closing];
  }
  let end = start;
  while (end < text.length && !/[\s,;&"'}\])]/.test(text[end] as string)) end += 1;
  return [start, end];
}

function endOfQuoted(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
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
