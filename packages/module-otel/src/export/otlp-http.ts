import { request as httpRequest, Agent as HttpAgent } from 'node:http';
import { request as httpsRequest, Agent as HttpsAgent } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { otelErrors } from '../errors.js';

const compress = promisify(gzip);
const largestAnswer = 1024 * 1024;
/** As the protocol says: these may be sent again, everything else may not. */
const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

export interface OtlpHttpOptions {
  readonly url: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isCompressed: boolean;
}

/** Sends requests of one signal over kept connections. */
export class OtlpHttp {
  readonly #options: OtlpHttpOptions;
  readonly #url: URL;
  readonly #agent: HttpAgent;

  constructor(options: OtlpHttpOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.#agent = new (this.#url.protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 2, keepAliveMsecs: 30_000 });
  }

  /** @throws `MOTIA_OTEL_EXPORT_FAILED` */
  async send(payload: Uint8Array, signal: AbortSignal): Promise<Buffer> {
    const { contentType, headers, isCompressed } = this.#options;
    const body = isCompressed ? await compress(payload) : payload;
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const fail = (reason: string, isRetryable: boolean, retryAfterMs?: number): void =>
        reject(otelErrors.EXPORT_FAILED({ endpoint: this.#destination(), reason, isRetryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }));
      const outgoing = send(
        this.#url,
        {
          method: 'POST',
          agent: this.#agent,
          signal,
          headers: { ...headers, 'content-type': contentType, 'content-length': body.byteLength, 'user-agent': 'OTel-OTLP-Exporter-iii', ...(isCompressed ? { 'content-encoding': 'gzip' } : {}) },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > largestAnswer) response.destroy(new Error('the answer is too large'));
            else chunks.push(chunk);
          });
          response.on('error', (error) => fail(error.message, true));
          response.on('end', () => {
            const status = response.statusCode ?? 0;
            if (status >= 200 && status < 300) return resolve(Buffer.concat(chunks));
            // Redirects are not followed: what was configured is where it goes.
            fail(`it answered ${String(status)}`, retryableStatuses.has(status), retryAfter(response.headers['retry-after']));
          });
        },
      );
      outgoing.on('error', (error) => fail(signal.aborted ? 'it did not answer in time' : error.message || (error as { code?: string }).code || 'the connection failed', true));
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #destination(): string {
    return `${this.#url.protocol}//${this.#url.host}${this.#url.pathname}`;
  }
}

/** Milliseconds; dates are not used by collectors. */
function retryAfter(value: string | undefined): number | undefined {
  const seconds = Number(value);
  return value !== undefined && Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, 300_000) : undefined;
}
