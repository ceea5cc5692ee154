import type { IncomingHttpHeaders } from 'node:http';
import type { ChannelRef, RawPart } from '@motia/engine-core/contract';
import type { Client } from './client-address.js';
import type { PathParams } from './path-params.js';
import type { BodyFlow } from './streamed-body.js';

/**
 * A request body in the forms that are at hand. `text` is valid JSON that was parsed before; `raw` replaces it for
 * large bodies. `value` is the parsed form where it exists, so that no body is parsed twice.
 */
export interface RequestBody {
  readonly text: string;
  readonly raw: RawPart | undefined;
  readonly value: unknown;
  /** False while nobody has asked for the value. */
  readonly isParsed: boolean;
  /** True for the fields of a form, whose values are text. */
  readonly isForm?: boolean;
  readonly links?: BodyLinks;
  /** The part that is still arriving. */
  readonly flow?: BodyFlow;
}

/** Members of the payload that a body brings beside `body`. */
export interface BodyLinks {
  /** The bytes of a body that we do not parse. */
  readonly request_body?: ChannelRef;
  /** The files of a multipart form. */
  readonly files?: ChannelRef;
  /** Base64 of the exact bytes, on routes that ask for them. */
  readonly raw_body?: string;
}

/** What stands for a request without a body. */
export const noBody: RequestBody = { text: 'null', raw: undefined, value: null, isParsed: true };

/** Parts of the payload that are the same for every request of a route. */
export interface PayloadFrame {
  readonly path: string;
  readonly triggerMethod: string;
  /** `"path":…,"trigger":{…}` as JSON text. */
  readonly json: string;
}

/** Makes the fixed part of a route's payloads. */
export function payloadFrame(path: string, triggerMethod: string): PayloadFrame {
  const json = `"path":${JSON.stringify(path)},"trigger":${JSON.stringify({ type: 'http', path, method: triggerMethod })}`;
  return { path, triggerMethod, json };
}

const wireBrand = Symbol.for('motia.WireValue');

/**
 * What a function gets for a request. It is a WireValue whose two forms are made when they are asked for: a handler in
 * this process takes the object, a worker's connection takes the text, and neither pays for the other.
 */
export class HttpPayload {
  /** What middleware has put there for the handler. */
  context: Readonly<Record<string, unknown>> | undefined = undefined;
  #value: Record<string, unknown> | undefined;
  #json: string | undefined;

  constructor(
    private readonly frame: PayloadFrame,
    private readonly method: string,
    private readonly headers: IncomingHttpHeaders,
    private readonly query: Readonly<Record<string, unknown>>,
    private readonly params: PathParams,
    private readonly requestId: string,
    private readonly body: RequestBody,
    private readonly client: Client,
    /** Where the handler may write its response as a stream. */
    private readonly responseRef?: ChannelRef,
  ) {}

  get [wireBrand](): true {
    return true;
  }

  /** Part of the body is still arriving, or must be read through a channel. */
  get isStreamed(): boolean {
    const { links } = this.body;
    return links?.request_body !== undefined || links?.files !== undefined;
  }

  get raw(): RawPart | undefined {
    return this.body.raw;
  }

  /** JSON text of the payload, without the body when that is raw. */
  get json(): string {
    return (this.#json ??= this.#toText());
  }

  /** The payload as handlers see it; always the same object. */
  toValue(): Record<string, unknown> {
    return (this.#value ??= this.#toObject());
  }

  /** The payload without its body when that is raw. */
  get base(): unknown {
    return this.body.raw === undefined ? this.toValue() : this.#linked(this.#withoutBody());
  }

  /** For whoever looks at a request without handling it: nothing in it that can be opened once only. */
  withoutChannels(): HttpPayload {
    const { links, ...body } = this.body;
    const kept = links?.raw_body === undefined ? body : { ...body, links: { raw_body: links.raw_body } };
    const payload = new HttpPayload(this.frame, this.method, this.headers, this.query, this.params, this.requestId, kept, this.client);
    payload.context = this.context;
    return payload;
  }

  /** The request without its body, as middleware sees it. */
  head(): Readonly<Record<string, unknown>> {
    const { trigger: _, context: __, ...head } = this.#withoutBody();
    return head;
  }

  toJSON(): unknown {
    return this.toValue();
  }

  #toText(): string {
    const head =
      `{"query_params":${JSON.stringify(this.query)},"path_params":${JSON.stringify(this.params)},"headers":${JSON.stringify(this.headers)},` +
      `${this.frame.json},"method":"${this.method}","request_id":"${this.requestId}",${this.client.json}${this.context === undefined ? '' : `,"context":${JSON.stringify(this.context)}`}`;
    const { responseRef, body } = this;
    const response = responseRef === undefined ? '' : `,"response":{"channel_id":"${responseRef.channel_id}","access_key":"${responseRef.access_key}","direction":"write"}`;
    const links = body.links === undefined ? '' : `,${JSON.stringify(body.links).slice(1, -1)}`;
    return body.raw === undefined ? `${head}${response}${links},"body":${body.text}}` : `${head}${response}${links}}`;
  }

  #toObject(): Record<string, unknown> {
    const value = this.#linked(this.#withoutBody());
    value['body'] = bodyValue(this.body);
    return value;
  }

  /** Adds what can be opened. */
  #linked(value: Record<string, unknown>): Record<string, unknown> {
    if (this.responseRef !== undefined) value['response'] = this.responseRef;
    return Object.assign(value, this.body.links);
  }

  #withoutBody(): Record<string, unknown> {
    return {
      query_params: this.query,
      path_params: this.params,
      headers: this.headers,
      path: this.frame.path,
      trigger: { type: 'http', path: this.frame.path, method: this.frame.triggerMethod },
      method: this.method,
      request_id: this.requestId,
      client_address: this.client.address,
      protocol: this.client.protocol,
      ...(this.context === undefined ? {} : { context: this.context }),
    };
  }
}

/** The parsed body. The text was scanned before it got here, so parsing it cannot fail. */
export function bodyValue(body: RequestBody): unknown {
  if (body.isParsed) return body.value;
  if (body.raw === undefined) return JSON.parse(body.text) as unknown;
  const { bytes, as } = body.raw;
  if (as === 'bytes') return bytes;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return as === 'json' ? (JSON.parse(text) as unknown) : text;
}

/** The same body with its value at hand, for bodies that a schema looks at before a handler does. */
export function parsedBody(body: RequestBody): RequestBody {
  return body.isParsed ? body : { ...body, value: bodyValue(body), isParsed: true };
}
