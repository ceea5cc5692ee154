import { Readable } from 'node:stream';
import { sdkErrors } from '../errors.js';

/** Bytes that arrive over time. Reading slowly slows whoever sends them. They can be read once, in one of these ways. */
export interface ByteStream extends AsyncIterable<Uint8Array> {
  /** All of them, in memory. */
  bytes(): Promise<Uint8Array>;
  /** All of them as UTF-8 text. */
  text(): Promise<string>;
  /** All of them as JSON. @throws SyntaxError */
  json<T = unknown>(): Promise<T>;
  /** The same as `bytes`, under the name of earlier versions. */
  readAll(): Promise<Uint8Array>;
  /** As a Node stream, for `pipeline(req.requestBody.stream, createWriteStream(…))`. */
  readonly stream: Readable;
}

/** A ByteStream over anything that gives pieces. */
export class ByteSource implements ByteStream {
  readonly #open: () => AsyncIterator<Uint8Array>;
  readonly #isRepeatable: boolean;
  readonly #what: string;
  #isUsed = false;

  /** `what` names it in errors. */
  constructor(what: string, open: () => AsyncIterator<Uint8Array>, isRepeatable = false) {
    this.#what = what;
    this.#open = open;
    this.#isRepeatable = isRepeatable;
  }

  /** Bytes that are at hand; can be read again. */
  static of(what: string, bytes: () => Uint8Array): ByteSource {
    return new ByteSource(
      what,
      async function* () {
        const all = bytes();
        if (all.byteLength > 0) yield all;
      },
      true,
    );
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (this.#isUsed && !this.#isRepeatable) throw sdkErrors.BODY_ALREADY_READ({ what: this.#what });
    this.#isUsed = true;
    return this.#open();
  }

  async bytes(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
  }
  async text(): Promise<string> {
    const bytes = await this.bytes();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }
  async json<T = unknown>(): Promise<T> {
    return JSON.parse(await this.text()) as T;
  }
  readAll(): Promise<Uint8Array> {
    return this.bytes();
  }
  get stream(): Readable {
    return Readable.from(this, { objectMode: false });
  }
}
