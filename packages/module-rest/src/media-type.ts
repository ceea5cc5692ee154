/** How a body is to be read. `unsupported` says why in words. */
export type BodyKind = { readonly kind: 'json' } | { readonly kind: 'text' } | { readonly kind: 'unsupported'; readonly reason: string };

const json: BodyKind = { kind: 'json' };
const text: BodyKind = { kind: 'text' };
const utf8 = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

/** Reads a Content-Type header. JSON is `application/json` and every `+json`; text is `text/plain`. */
export function bodyKindOf(contentType: string | undefined): BodyKind {
  if (contentType === 'application/json') return json;
  if (contentType === undefined || contentType.trim() === '') return { kind: 'unsupported', reason: 'it has no Content-Type header' };
  const semicolon = contentType.indexOf(';');
  const type = (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  const kind = kindOfType(type);
  if (kind.kind === 'unsupported' || semicolon === -1) return kind;
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)"?/i.exec(contentType)?.[1]?.toLowerCase();
  return charset === undefined || utf8.has(charset) ? kind : { kind: 'unsupported', reason: 'its charset is not UTF-8' };
}

function kindOfType(type: string): BodyKind {
  if (type === 'application/json' || /^[\w.-]+\/[\w.!#$&^-]+\+json$/.test(type)) return json;
  if (type === 'text/plain') return text;
  return { kind: 'unsupported', reason: type.startsWith('multipart/') || type === 'application/x-www-form-urlencoded' ? 'form bodies are not available yet' : 'its content type is not supported' };
}
