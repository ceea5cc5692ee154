import type { ServerResponse } from 'node:http';
import type { HeaderList } from './cors.js';
import { restErrors } from './errors.js';
import type { StreamHead } from './response-frames.js';
import type { ResponseSource } from './response-source.js';
import { writeHead } from './write-head.js';
import { roomFor } from './write-limit.js';

/** What an exchange does for its stream. */
export interface StreamOwner {
  /** The complete head of the response. */
  headFor(head: StreamHead): HeaderList;
  /** The head has gone out: the response is the stream's now. */
  begun(status: number): void;
  /** Everything was handed to the connection; `isEarly`: although there was more. */
  finished(status: number, isEarly: boolean): void;
  /** Before the head an answer can still be given; after it the connection is all that is left. */
  broken(error: unknown, hasBegun: boolean): void;
}

export interface StreamParts {
  readonly functionId: string;
  /** How long the connection may have no room; then it is cut. */
  readonly writeTimeoutMs: number;
}

/** Sends a response as its handler makes it, at the pace at which the client takes it. */
export class ResponseStream {
  readonly #response: ServerResponse;
  readonly #source: ResponseSource;
  readonly #owner: StreamOwner;
  readonly #parts: StreamParts;
  #status = 0;
  #isEvents = false;
  #contentLength: number | undefined;
  #sentBytes = 0;
  #isOver = false;

  constructor(response: ServerResponse, source: ResponseSource, owner: StreamOwner, parts: StreamParts) {
    this.#response = response;
    this.#source = source;
    this.#owner = owner;
    this.#parts = parts;
  }

  get hasBegun(): boolean {
    return this.#status !== 0;
  }

  /** True for a stream of events, which has no end of its own and whose client comes back. */
  get isEvents(): boolean {
    return this.#isEvents;
  }

  /** Runs until the end; never rejects. */
  async run(): Promise<void> {
    try {
      for (let chunk = await this.#source.read(); chunk !== undefined; chunk = await this.#source.read()) {
        if (this.#isOver) return;
        if (!this.hasBegun && !this.#begin()) return;
        const pending = this.#write(chunk);
        if (pending !== undefined) await pending;
        if (this.#isOver) return;
      }
      if (this.#isOver || (!this.hasBegun && !this.#begin())) return;
      this.#end();
    } catch (error) {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#source.cancel();
      this.#owner.broken(error, this.hasBegun);
    }
  }

  /** Nobody reads it any more. Idempotent. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#source.cancel();
  }

  /** Ends it well before its own end, for a client that will come back. */
  finishEarly(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#source.cancel();
    this.#response.end();
    this.#owner.finished(this.#status, true);
  }

  /** False when the response has no body, so that nobody needs to make one. */
  #begin(): boolean {
    const head = this.#source.head();
    const headers = this.#owner.headFor(head);
    const isBodiless = head.status === 204 || head.status === 205 || head.status === 304;
    if (head.contentLength !== undefined && !isBodiless) headers.push('content-length', head.contentLength);
    this.#contentLength = head.contentLength;
    this.#status = head.status;
    this.#isEvents = isEventStream(head.headers);
    writeHead(this.#response, head.status, headers);
    this.#owner.begun(head.status);
    if (!isBodiless && this.#response.req.method !== 'HEAD') return true;
    this.finishEarly();
    return false;
  }

  #write(chunk: Uint8Array): Promise<void> | undefined {
    this.#sentBytes += chunk.byteLength;
    if (this.#contentLength !== undefined && this.#sentBytes > this.#contentLength) throw this.#mismatch();
    return this.#response.write(chunk) ? undefined : roomFor(this.#response, this.#parts.writeTimeoutMs);
  }

  #end(): void {
    if (this.#contentLength !== undefined && this.#sentBytes < this.#contentLength) throw this.#mismatch();
    this.#isOver = true;
    this.#response.end();
    this.#owner.finished(this.#status, false);
  }

  #mismatch(): Error {
    return restErrors.RESPONSE_BROKEN({ functionId: this.#parts.functionId, problem: `its content-length is ${this.#contentLength ?? 0}, its body is not` });
  }
}

function isEventStream(headers: Readonly<HeaderList>): boolean {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === 'content-type') return String(headers[index + 1]).startsWith('text/event-stream');
  return false;
}
