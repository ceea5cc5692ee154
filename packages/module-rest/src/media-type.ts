/** How a body is to be read. `stream`: not by us, the handler gets the bytes. `unsupported` says why in words. */
export type BodyKind =
  | { readonly kind: 'json' | 'text' | 'form' | 'multipart' | 'stream' }
  | { readonly kind: 'unsupported'; readonly reason: string };

const json: BodyKind = { kind: 'json' };
const text: BodyKind = { kind: 'text' };
const form: BodyKind = { kind: 'form' };
const multipart: BodyKind = { kind: 'multipart' };
const stream: BodyKind = { kind: 'stream' };
const utf8 = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

/**
 * Reads a Content-Type header. JSON is `application/json` and every `+json`; text is `text/plain`; forms are
 * `application/x-www-form-urlencoded` and `multipart/form-data`. Everything else is a stream, an absent type too.
 */
export function bodyKindOf(contentType: string | undefined): BodyKind {
  if (contentType === 'application/json') return json;
  if (contentType === undefined) return stream;
  const semicolon = contentType.indexOf(';');
  const type = (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  const kind = kindOfType(type);
  if (semicolon === -1 || kind === stream || kind === multipart) return kind;
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)"?/i.exec(contentType)?.[1]?.toLowerCase();
  return charset === undefined || utf8.has(charset) ? kind : { kind: 'unsupported', reason: 'its charset is not UTF-8' };
}

function kindOfType(type: string): BodyKind {
  if (type === 'application/json' || /^[\w.-]+\/[\w.!#$&^-]+\+json$/.test(type)) return json;
  if (type === 'text/plain') return text;
  if (type === 'application/x-www-form-urlencoded') return form;
  return type === 'multipart/form-data' ? multipart : stream;
}
