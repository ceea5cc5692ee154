import type { ServerResponse } from 'node:http';
import type { Clock, MotiaError, Timer } from '@motia/engine-core/contract';
import type { HeaderList } from '../cors.js';
import type { Linked, OpenExchanges } from '../open-exchanges.js';
import { watchConnection, type Queued } from '../queued-responses.js';
import { writeHead } from '../write-head.js';
import { limitRest } from '../write-limit.js';
import type { AcceptedRequests, RequestStatus } from './accepted-requests.js';

/** How often a request that has not ended is looked at: the queue tells of its end only. */
const lookMs = 1_000;
/** A comment after this much silence keeps proxies from closing the connection. */
const heartbeatMs = 15_000;

export interface StatusEventsParts {
  readonly requests: AcceptedRequests;
  readonly clock: Clock;
  readonly open: OpenExchanges;
  /** How long a client may take nothing of the rest. */
  readonly writeTimeoutMs: number;
}

/** What becomes of one accepted request, as server-sent events: `state` whenever it changes, the last when it has ended. */
export class StatusEvents implements Linked, Queued {
  newer: Linked | undefined = undefined;
  older: Linked | undefined = undefined;
  readonly #parts: StatusEventsParts;
  readonly #response: ServerResponse;
  readonly #id: string;
  readonly #over = new AbortController();
  #timer: Timer | undefined;
  #unqueue: (() => void) | undefined;
  #isClosed = false;
  #last = '';
  #saidAtMs = 0;

  constructor(parts: StatusEventsParts, response: ServerResponse, id: string) {
    this.#parts = parts;
    this.#response = response;
    this.#id = id;
  }

  begin(status: RequestStatus, headers: HeaderList): void {
    const { open, clock, requests } = this.#parts;
    const response = this.#response;
    open.add(this);
    response.on('close', () => this.connectionClosed());
    if (response.socket === null) this.#unqueue = watchConnection(response.req.socket, this);
    writeHead(response, 200, ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-store', ...headers]);
    this.#tell(status);
    if (this.#over.signal.aborted) return;
    this.#timer = clock.setInterval(() => void this.#look(), lookMs);
    requests.ended(this.#id, this.#over.signal).then((ended) => this.#tell(ended), () => this.#end());
  }

  connectionClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unqueue?.();
    this.#end();
    this.#parts.open.remove(this);
  }

  drain(): void {
    this.#end();
  }

  abandon(_error: MotiaError): void {
    this.#end();
  }

  async #look(): Promise<void> {
    try {
      this.#tell(await this.#parts.requests.status(this.#id));
    } catch {
      // The store may be busy; the next look may succeed, and its end is told anyway.
    }
    if (!this.#over.signal.aborted && this.#parts.clock.monotonicMs() - this.#saidAtMs >= heartbeatMs) this.#write(':\n\n');
  }

  #tell(status: RequestStatus | undefined): void {
    if (this.#over.signal.aborted) return;
    if (status === undefined) return this.#end();
    const text = JSON.stringify(status);
    if (text !== this.#last) {
      this.#last = text;
      this.#write(`event: state\ndata: ${text}\n\n`);
    }
    if (status.state === 'completed' || status.state === 'failed' || status.state === 'cancelled') this.#end();
  }

  #write(text: string): void {
    this.#saidAtMs = this.#parts.clock.monotonicMs();
    // Whoever does not read misses nothing: the state is told anew when it comes back.
    if (!this.#response.write(text) && this.#response.writableLength > 64 * 1024) this.#end();
  }

  #end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#parts.clock.clear(this.#timer);
    this.#response.end();
    limitRest(this.#response, this.#parts.writeTimeoutMs);
  }
}
