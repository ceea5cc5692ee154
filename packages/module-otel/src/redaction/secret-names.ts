import { secretWord } from '@motia/engine-core';

/** What a value becomes that may not be kept. */
export const redacted = '[redacted]';

/** `http.request.header.cookie`, `req.headers["authorization"]`: the last word decides. */
const lastWord = /[a-z0-9_-]+(?=[^a-z0-9_-]*$)/;
/** Numbers of tokens are no tokens. */
const counted = /tokens(?:[-_.](?:used|total|count|limit))?$|token[-_.]count$/;

/** True for names whose values are secrets: everything with authorization, cookie, API key, token, secret, password or credential in it. `more` are names that the user added. */
export function isSecretName(name: string, more: ReadonlySet<string>): boolean {
  if (secretWord.test(name)) return true;
  if (more.size === 0) return false;
  const lower = name.toLowerCase();
  return more.has(lower) || more.has(lastWord.exec(lower)?.[0] ?? lower);
}

/** True where what stands under a secret name is none: a count of tokens, or yes and no. */
export function isHarmless(name: string, value: unknown): boolean {
  return typeof value === 'boolean' || (typeof value === 'number' && counted.test(name.toLowerCase()));
}

const namingWords: ReadonlySet<string> = new Set(['key', 'name', 'item_id', 'itemid', 'header', 'field']);
const namedWords: ReadonlySet<string> = new Set(['value', 'data', 'old_value', 'new_value', 'oldvalue', 'newvalue', 'body', 'ops', 'before', 'after', 'patch', 'result']);

/** `{ key: 'github_token', value: 'abc' }`: what `key` says decides about `value`. */
export function namesAnother(name: string): boolean {
  return namingWords.has(lastSegment(name));
}
export function isNamedByAnother(name: string): boolean {
  return namedWords.has(lastSegment(name));
}

function lastSegment(name: string): string {
  const dot = name.lastIndexOf('.');
  return (dot === -1 ? name : name.slice(dot + 1)).toLowerCase();
}
