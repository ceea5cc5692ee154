import type { ChannelChunk } from '@motia/engine-core/contract';
import type { HeaderList } from './cors.js';
import { restErrors } from './errors.js';
import { readHeaders, readStatus, type Fail } from './handler-response.js';

/** The head of a streamed response. */
export interface StreamHead {
  readonly status: number;
  /** Checked, without those that frame the message. */
  readonly headers: Readonly<HeaderList>;
  /** What the handler says the body will have. */
  readonly contentLength: number | undefined;
}

type Loose = Readonly<Record<string, unknown>>;

/** Reads the head that a handler gave beside its stream. @throws `MOTIA_REST_INVALID_HANDLER_RESPONSE` */
export function readStreamHead(functionId: string, fields: Loose, defaultStatus: number): StreamHead {
  const fail: Fail = (field, problem) => restErrors.INVALID_HANDLER_RESPONSE({ functionId, field, problem });
  return { status: readStatus(fields, defaultStatus, fail), headers: readHeaders(fields['headers'], fail), contentLength: contentLengthOf(fields['headers'], fail) };
}

/** Collects the control frames of a response: `set_status` and `set_headers` until the first bytes. */
export class ResponseFrames {
  readonly #functionId: string;
  readonly #defaultStatus: number;
  #status: unknown;
  #headers: Record<string, unknown> = {};

  constructor(functionId: string, defaultStatus: number) {
    this.#functionId = functionId;
    this.#defaultStatus = defaultStatus;
  }

  /** @throws `MOTIA_REST_INVALID_HANDLER_RESPONSE` for a frame that says nothing we know */
  take(text: ChannelChunk & string): void {
    const frame = parsed(text);
    if (frame['type'] === 'set_status') this.#status = frame['status_code'];
    else if (frame['type'] === 'set_headers' && isRecord(frame['headers'])) this.#addHeaders(frame['headers']);
    else throw restErrors.INVALID_HANDLER_RESPONSE({ functionId: this.#functionId, field: 'the response stream', problem: 'holds a text frame that is neither set_status nor set_headers' });
  }

  head(): StreamHead {
    return readStreamHead(this.#functionId, { status_code: this.#status, headers: this.#headers }, this.#defaultStatus);
  }

  /** A later value of a name takes the place of an earlier one, whatever its case. */
  #addHeaders(headers: Loose): void {
    for (const [name, value] of Object.entries(headers)) this.#headers[name.toLowerCase()] = value;
  }
}

function contentLengthOf(headers: unknown, fail: Fail): number | undefined {
  const value = valueOf(headers, 'content-length');
  if (value === undefined || value === null) return undefined;
  const length = Number(value);
  if (!Number.isSafeInteger(length) || length < 0 || String(value).trim() === '') throw fail('headers["content-length"]', 'must be a whole number of bytes');
  return length;
}

function valueOf(headers: unknown, name: string): unknown {
  if (Array.isArray(headers)) {
    const line = headers.find((one): one is string => typeof one === 'string' && one.slice(0, one.indexOf(':')).trim().toLowerCase() === name);
    return line?.slice(line.indexOf(':') + 1).trim();
  }
  if (!isRecord(headers)) return undefined;
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

function parsed(text: string): Loose {
  try {
    const value = JSON.parse(text) as unknown;
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
