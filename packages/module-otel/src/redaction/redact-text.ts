import { secretWord } from '@motia/engine-core';
import { redactUrls } from './redact-url.js';
import { redacted } from './secret-names.js';

/** One look decides whether a text is worth a second: it finds all that `secretWord` does, and sooner. */
const suspicious = /:\/\/|token|secret|passw|passphrase|pwd|credential|authorization|cookie|(?:private|access|api)[-_]?key|bearer|basic |digest |eyJ|PRIVATE KEY-/i;
const schemes = /\b(bearer|basic|digest)\s{1,8}[\w\-.~+/=]{4,}/gi;
/** Begins only where no such text is under way, so that no character is looked at twice. */
const webToken = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;
const privateKey = /(-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----)[^]*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|$)/g;

/** Takes secrets out of free text: URLs' user information and query values, `Bearer …`, `password=…`, JSON web tokens, private keys. Linear in the length. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  const clean = text.includes('://') ? redactUrls(text) : text;
  return redactAssignments(clean.replace(schemes, `$1 ${redacted}`).replace(webToken, redacted).replace(privateKey, `$1${redacted}`));
}

/** Already taken out, or a scheme whose credentials are. */
const isClean = /^(?:(?:bearer|basic|digest)\s+)?\[redacted|^(?:bearer|basic|digest)?$/i;
/** Headers whose values go to the end of the line when nothing quotes them. */
const headerName = /(?:authorization|cookie)$/i;
/** As much as is looked at before and between name, sign and value. */
const longestName = 96;
const longestGap = 4;

/** `password=…`, `"api_key": "…"`, `token: '…'`: around every sign, a look back for a name and ahead for its value. */
function redactAssignments(text: string): string {
  let result = '';
  let from = 0;
  for (const { index, 0: sign } of text.matchAll(/[:=]/g)) {
    if (index < from) continue;
    const name = nameBefore(text, index);
    if (!secretWord.test(name)) continue;
    const [start, end] = valueAfter(text, index + 1, sign === ':' && headerName.test(name) ? endOfHeader : endOfWord);
    if (isClean.test(text.slice(start, end))) continue;
    result += text.slice(from, start) + redacted;
    from = end;
  }
  return result + text.slice(from);
}

function nameBefore(text: string, sign: number): string {
  let end = sign;
  for (let gap = 0; gap < longestGap && /\s/.test(text[end - 1] ?? ''); gap += 1) end -= 1;
  if (/["']/.test(text[end - 1] ?? '')) end -= 1;
  for (let escapes = 0; escapes < longestGap * 2 && text[end - 1] === '\\'; escapes += 1) end -= 1;
  let start = end;
  while (end - start < longestName && /[\w.-]/.test(text[start - 1] ?? '')) start -= 1;
  return text.slice(start, end);
}

const endOfWord = /[\s,;&"'}\])]/g;
const endOfHeader = /[\r\n"'\\}\]]/g;
/** What may stand between sign and value: the rest of `=>`, space, colours of a terminal (as they are, or made visible). */
// eslint-disable-next-line no-control-regex -- escape sequences begin with one
const gapAfter = /(?:[>\s]|(?:\u001b|\\u001b)\[[\d;]{0,16}m){0,8}/y;
const opening = /(\\*)(["'])/y;

/** Where a value begins and ends; quotes stay. */
function valueAfter(text: string, behindSign: number, unquotedEnd: RegExp): readonly [number, number] {
  gapAfter.lastIndex = behindSign;
  gapAfter.test(text);
  const start = gapAfter.lastIndex;
  if (text[start] === '[' || text[start] === '{') return [start, endOfStructure(text, start)];
  opening.lastIndex = start;
  const [quoted, escapes, quote] = opening.exec(text) ?? [];
  if (quoted !== undefined) return [start + quoted.length, endOfQuoted(text, start + quoted.length, { quote: quote as string, escapes: (escapes as string).length })];
  unquotedEnd.lastIndex = start;
  return [start, unquotedEnd.exec(text)?.index ?? text.length];
}

/** `escapes`: backslashes before each of the quotes; JSON within a text of JSON has one, and so on. */
function endOfQuoted(text: string, from: number, { quote, escapes }: { readonly quote: string; readonly escapes: number }): number {
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
    let before = 0;
    while (at - before > from && text[at - before - 1] === '\\') before += 1;
    if (escapes === 0 ? before % 2 === 0 : before <= escapes) return at - (escapes === 0 ? 0 : before);
  }
  return text.length;
}

/** Behind the bracket that closes a list or an object; the end of a text that was cut. */
function endOfStructure(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at] as string;
    if (sign === '[' || sign === '{') depth += 1;
    else if (sign === ']' || sign === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (sign === '"' || sign === "'") {
      let escapes = 0;
      while (text[at - escapes - 1] === '\\') escapes += 1;
      at = text.indexOf(sign, endOfQuoted(text, at + 1, { quote: sign, escapes }));
      if (at === -1) return text.length;
    }
  }
  return text.length;
}
