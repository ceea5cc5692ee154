import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type CancellationToken,
  createMessageConnection,
  ErrorCodes,
  Message,
  ResponseError,
} from 'vscode-jsonrpc/node';
import type { DataCallback, Disposable, MessageConnection, MessageReader, MessageWriter } from 'vscode-jsonrpc/node';
import { isMotiaError } from '../errors.js';
import { ProtocolErrors } from '../protocol-errors.js';
import { fromRpcError, toRpcError } from './wire-errors.js';

/** How the link puts a message of the library onto the wire. */
export type SendMessage = (message: Message) => void;
export type LinkRequestHandler = (params: unknown, token: CancellationToken) => unknown;

/** A message of ours behind those of the peer, who cannot send it: notifications do not come this way. */
const ARRIVED = '$/arrived';
const silent = { error: ignore, warn: ignore, info: ignore, log: ignore };

/** vscode-jsonrpc on top of our framing: it carries every message that is not on the hot path. */
export class LibraryLink {
  readonly #connection: MessageConnection;
  readonly #reader = new LinkReader();
  readonly #waiting = new Set<number | string>();
  #sendFailure: unknown;
  #closeReason: string | undefined;
  #onArrived: (() => void) | undefined;

  constructor(send: SendMessage) {
    const writer = new LinkWriter((message) => {
      if (Message.isRequest(message) && message.id !== null) this.#waiting.add(message.id);
      try {
        send(message);
      } catch (error) {
        if (Message.isRequest(message) && message.id !== null) this.#waiting.delete(message.id);
        this.#sendFailure = error;
        throw error;
      }
    });
    this.#connection = createMessageConnection(this.#reader, writer, silent);
    this.#connection.onNotification(ARRIVED, () => this.#arrived());
  }

  get pendingCalls(): number {
    return this.#waiting.size;
  }

  listen(): void {
    this.#connection.listen();
  }

  /** Hands over a request or notification of the peer. */
  deliver(message: Message): void {
    this.#reader.deliver(message);
  }

  /** Hands over an answer. False when nothing waits for it. */
  deliverAnswer(message: Message & { readonly id: number | string }): boolean {
    if (!this.#waiting.delete(message.id)) return false;
    this.#reader.deliver(message);
    return true;
  }

  async request(method: string, params: unknown): Promise<unknown> {
    try {
      return await this.#connection.sendRequest<unknown>(method, params);
    } catch (error) {
      throw this.#toMotiaError(error, method);
    }
  }

  onRequest(method: string, handler: LinkRequestHandler): void {
    this.#connection.onRequest(method, async (...args: unknown[]) => {
      const token = args.at(-1) as CancellationToken;
      try {
        return await handler(args.length > 1 ? args[0] : {}, token);
      } catch (error) {
        const { code, message, data } = toRpcError(error);
        return new ResponseError(code, message, data);
      }
    });
  }

  onNotification(method: string, handler: (params: unknown) => void): void {
    this.#connection.onNotification(method, (params: unknown) => handler(params ?? {}));
  }

  /** Calls back once everything handed over so far has reached whom it is for: the library takes one message a turn. At the latest when the link is closed. */
  afterArrived(act: () => void): void {
    if (this.#closeReason !== undefined) return act();
    this.#onArrived = act;
    this.#reader.deliver({ jsonrpc: '2.0', method: ARRIVED } as Message);
  }

  /** Fails every pending request. */
  close(reason: string): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    this.#waiting.clear();
    this.#connection.dispose();
    this.#arrived();
  }

  #arrived(): void {
    const act = this.#onArrived;
    this.#onArrived = undefined;
    act?.();
  }

  #toMotiaError(error: unknown, method: string): Error {
    if (isMotiaError(error)) return error;
    if (error instanceof ResponseError) {
      if (error.code === ErrorCodes.MessageWriteError) {
        if (isMotiaError(this.#sendFailure)) return this.#sendFailure;
      } else if (error.code !== ErrorCodes.PendingResponseRejected) {
        return fromRpcError(error, method);
      }
    }
    return ProtocolErrors.CONNECTION_CLOSED({ reason: this.#closeReason ?? 'it was not open' }, error);
  }
}

class LinkReader extends AbstractMessageReader implements MessageReader {
  #callback: DataCallback = ignore;

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    return { dispose: () => (this.#callback = ignore) };
  }

  deliver(message: Message): void {
    this.#callback(message);
  }
}

/** Resolves at once: back-pressure and write errors are the frame writer's, which fails pending calls itself. */
class LinkWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly send: SendMessage) {
    super();
  }

  write(message: Message): Promise<void> {
    try {
      this.send(message);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  end(): void {
    // The endpoint owns the transport.
  }
}

function ignore(): void {
  // Nothing to do: what matters is reported by the endpoint.
}
