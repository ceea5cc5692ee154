import type { ServerResponse } from 'node:http';
import type { MotiaError } from '@motia/engine-core/contract';
import type { Linked, OpenExchanges } from './open-exchanges.js';
import { watchConnection } from './queued-responses.js';

/** A response that Express apps are working on, so that draining waits for it. */
export class OpenResponse implements Linked {
  newer: Linked | undefined = undefined;
  older: Linked | undefined = undefined;
  readonly #open: OpenExchanges;
  readonly #refuse: (error: MotiaError) => void;
  readonly #response: ServerResponse;
  #unqueue: (() => void) | undefined;
  #isClosed = false;

  /** `refuse` answers with an error where no answer was begun. */
  constructor(open: OpenExchanges, response: ServerResponse, refuse: (error: MotiaError) => void) {
    this.#open = open;
    this.#response = response;
    this.#refuse = refuse;
    open.add(this);
    response.on('close', () => this.connectionClosed());
    if (response.socket === null) this.#unqueue = watchConnection(response.req.socket, this);
  }

  connectionClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unqueue?.();
    this.#open.remove(this);
  }

  abandon(error: MotiaError): void {
    if (this.#isClosed) return;
    if (this.#response.headersSent) this.#response.destroy();
    else this.#refuse(error);
  }
}
