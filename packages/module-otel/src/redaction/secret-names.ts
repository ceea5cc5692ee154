/** What a value becomes that may not be kept. */
export const redacted = '[redacted]';

const exact: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'cookies', 'x-api-key', 'apikey', 'api_key', 'api-key', 'passwd', 'pwd']);
const parts = /token|secret|password|credential|private[-_]?key|access[-_]?key/;
/** `http.request.header.cookie`, `req.headers["authorization"]`: the last word decides. */
const lastWord = /[a-z0-9_-]+(?=[^a-z0-9_-]*$)/;
/** Numbers of tokens are no tokens. */
const counted = /tokens(?:[-_.](?:used|total|count|limit))?$|token[-_.]count$/;

/** True for names whose values are secrets: authorization, cookies, API keys and everything with token, secret, password or credential in it. `more` are names that the user added. */
export function isSecretName(name: string, more: ReadonlySet<string>): boolean {
  const lower = name.toLowerCase();
  if (exact.has(lower) || more.has(lower) || parts.test(lower)) return true;
  const word = lastWord.exec(lower)?.[0];
  return word !== undefined && (exact.has(word) || more.has(word));
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
