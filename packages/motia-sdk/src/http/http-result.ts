import { isAnyArrayBuffer } from 'node:util/types';
import { messageOf, WireValue } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import type { HttpInput } from './http-input.js';

interface Answer {
  readonly status?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
}

/** What the handler returned, completed by what it said through `response`. The returned members win. */
export function completedAnswer(input: HttpInput, returned: unknown): unknown {
  const spoken = input.spoken;
  if (spoken === undefined || (spoken.statusCode === undefined && spoken.headerValues === undefined && !spoken.isClosed)) return returned;
  if (returned !== undefined && returned !== null && typeof returned !== 'object') return returned;
  const answer = (returned ?? {}) as Answer;
  return {
    ...answer,
    status: answer.status ?? spoken.statusCode ?? 200,
    ...(spoken.headerValues === undefined ? {} : { headers: { ...spoken.headerValues, ...present(answer.headers) } }),
  };
}

/** Without the headers whose value is undefined: they are not there. */
function present(headers: unknown): object {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([, value]) => value !== undefined));
}

/**
 * The wire form of an HTTP answer: its body is written as JSON once, here, and travels raw from the agreed size on.
 * @throws MotiaError `MOTIA_SDK_NOT_SERIALIZABLE`
 */
export function toWireAnswer(answer: unknown, functionId: string, rawThresholdBytes: number): unknown {
  if (typeof answer !== 'object' || answer === null) return answer;
  const { body } = answer as Answer;
  if (body === undefined || body === null) return answer;
  if (typeof body === 'string' && body.length < rawThresholdBytes) return answer;
  try {
    if (typeof body === 'string') return withRawBody(answer, Buffer.from(body, 'utf8'), 'text');
    if (ArrayBuffer.isView(body)) return withRawBody(answer, new Uint8Array(body.buffer, body.byteOffset, body.byteLength), 'bytes');
    if (isAnyArrayBuffer(body)) return withRawBody(answer, new Uint8Array(body), 'bytes');
    const text = JSON.stringify(body) as string | undefined;
    if (text === undefined) throw new TypeError(typeof body === 'object' ? 'the body has no JSON form' : `the body is a ${typeof body}`);
    if (text.length >= rawThresholdBytes) return withRawBody(answer, Buffer.from(text, 'utf8'), 'json');
    const head = JSON.stringify(envelope(answer));
    return new WireValue(head === '{}' ? `{"body":${text}}` : `${head.slice(0, -1)},"body":${text}}`);
  } catch (error) {
    throw sdkErrors.NOT_SERIALIZABLE({ functionId, reason: messageOf(error) }, error);
  }
}

function withRawBody(answer: object, bytes: Uint8Array, as: 'json' | 'text' | 'bytes'): WireValue {
  return new WireValue(JSON.stringify(envelope(answer)), { at: '/body', as, bytes });
}

function envelope(answer: object): object {
  return { ...answer, body: undefined };
}
