import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { restErrors } from '../errors.js';
import type { RequestBody } from '../http-payload.js';
import { targetOf } from '../request-target.js';

const header = 'idempotency-key';
const longestKey = 255;

/** Says which requests are the same. */
export interface RequestMark {
  /** Of the key, the method, the path and who sent it: another client's key of the same name is another key. */
  readonly key: string;
  /** Of query, type and body. */
  readonly fingerprint: string;
}

/**
 * The key of a request: text, or a quoted string as the IETF draft wants it. Undefined when there is none.
 * @throws `MOTIA_REST_IDEMPOTENCY_KEY_INVALID` for one that is empty, longer than 255 characters or given twice
 */
export function idempotencyKeyOf(request: IncomingMessage): string | undefined {
  const given = request.headersDistinct[header];
  if (given === undefined) return undefined;
  const [text = ''] = given;
  if (given.length > 1) throw restErrors.IDEMPOTENCY_KEY_INVALID({ problem: 'it is given more than once' });
  const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(text.trim());
  const key = quoted === null ? text.trim() : (quoted[1] ?? '').replace(/\\(["\\])/g, '$1');
  if (key === '') throw restErrors.IDEMPOTENCY_KEY_INVALID({ problem: 'it is empty' });
  if (key.length > longestKey) throw restErrors.IDEMPOTENCY_KEY_INVALID({ problem: `it is longer than ${longestKey} characters` });
  if (!/^[\x20-\x7e]+$/.test(key)) throw restErrors.IDEMPOTENCY_KEY_INVALID({ problem: 'it holds something else than printable ASCII' });
  return key;
}

/** The boundary of a form is made up anew whenever the form is sent. */
const boundary = /;\s*boundary=(?:"[^"]*"|[^;]*)/i;

/** `scopeHeaders` tell clients apart, in lower case. Of a body that is streamed only type and length count: its bytes come later. */
export function markOf(request: IncomingMessage, key: string, body: Pick<RequestBody, 'raw' | 'text' | 'links'>, scopeHeaders: readonly string[]): RequestMark {
  const url = targetOf(request);
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const scope = scopeHeaders.map((name) => request.headers[name] ?? null);
  const { baseUrl = '' } = request as { baseUrl?: string };
  const { 'content-type': type, 'content-length': length = null } = request.headers;
  const isStreamed = body.links?.request_body !== undefined || body.links?.files !== undefined;
  const content = createHash('sha256').update(JSON.stringify([mark === -1 ? '' : url.slice(mark + 1), type?.replace(boundary, '') ?? null, isStreamed ? length : null]));
  return {
    key: createHash('sha256').update(JSON.stringify([request.method, baseUrl + path, scope, key])).digest('base64url'),
    fingerprint: content.update(body.links?.raw_body ?? body.raw?.bytes ?? body.text).digest('base64url'),
  };
}
