import { Message } from 'vscode-jsonrpc/node';
import type { Endpoint, EndpointCounters, EndpointEvents, EndpointLimits, EndpointRole, InvokeHandler, OutgoingInvoke } from '../endpoint.js';
import type { MotiaError } from '../errors.js';
import { FrameParser } from '../framing/frame-parser.js';
import { FrameWriter } from '../framing/frame-writer.js';
import type { InvokeParams, NotificationMap, NotificationMethod, RequestMap, RequestMethod } from '../generated/messages.js';
import { ProtocolErrors } from '../protocol-errors.js';
import type { Transport } from '../transport.js';
import { encodeInvoke, encodeNotification } from './hot-encoding.js';
import type { RawAgreement } from './hot-encoding.js';
import { CANCEL, Inbox, longestReason } from './inbox.js';
import { IncomingCalls, INVOKE, LibraryAnswer } from './incoming-calls.js';
import { stringify } from './json-text.js';
import { LibraryLink } from './library-link.js';
import { Outbox } from './outbox.js';
import { OutgoingCalls } from './outgoing-calls.js';

/** What an endpoint allows unless told otherwise. */
export const DEFAULT_ENDPOINT_LIMITS: EndpointLimits = Object.freeze({
  maxFrameBytes: 16 * 1024 * 1024,
  maxBufferedBytes: 8 * 1024 * 1024,
  maxPendingCalls: 1024,
  rawThresholdBytes: 1024,
  maxFaults: 3,
});

export interface EndpointOptions {
  readonly role: EndpointRole;
  readonly limits?: Partial<EndpointLimits>;
  readonly events?: EndpointEvents;
}

/** Answers are never refused for lack of room; past this multiple of `maxBufferedBytes` the peer is given up. */
const HARD_BUFFER_FACTOR = 4;

/** Speaks the protocol over a transport. Set the handlers, then call `listen()` in the same turn. */
export function createEndpoint(transport: Transport, options: EndpointOptions): Endpoint {
  return new WireEndpoint(transport, options);
}

class WireEndpoint implements Endpoint {
  readonly #transport: Transport;
  readonly #limits: EndpointLimits;
  readonly #events: EndpointEvents;
  readonly #writer: FrameWriter;
  readonly #outbox: Outbox;
  readonly #outgoing: OutgoingCalls;
  readonly #incoming: IncomingCalls;
  readonly #link: LibraryLink;
  readonly #inbox: Inbox;
  readonly #parser: FrameParser;
  #closedReason: string | undefined;
  #droppedNotifications = 0;
  #bytesIn = 0;

  constructor(transport: Transport, { role, limits, events = {} }: EndpointOptions) {
    this.#transport = transport;
    this.#limits = { ...DEFAULT_ENDPOINT_LIMITS, ...limits };
    this.#events = events;
    const { maxBufferedBytes, rawThresholdBytes, maxFaults } = this.#limits;
    const stuck = (current: number) => this.close(ProtocolErrors.BACKPRESSURE({ what: 'bytes', current, limit: maxBufferedBytes }));
    this.#writer = new FrameWriter(transport, this.#limits, () => events.onRoom?.());
    this.#outbox = new Outbox(this.#writer, { rawBodies: false, rawThresholdBytes }, maxBufferedBytes * HARD_BUFFER_FACTOR, stuck);
    this.#outgoing = new OutgoingCalls(role === 'engine' ? 'e' : 'w', (id, reason) => this.#sendCancel(id, reason));
    this.#incoming = new IncomingCalls(this.#outbox, (fault) => this.#inbox.onFault(fault));
    this.#link = new LibraryLink((message) => this.#sendLibraryMessage(message));
    this.#link.onRequest(INVOKE, (params, token) => this.#incoming.acceptFromLibrary(params, token));
    this.#inbox = new Inbox({
      outgoing: this.#outgoing,
      incoming: this.#incoming,
      link: this.#link,
      outbox: this.#outbox,
      events,
      maxFaults,
      onFaulty: (error) => this.close(error),
    });
    this.#parser = new FrameParser(this.#inbox, this.#limits);
  }

  get pendingCalls(): number {
    return this.#outgoing.size + this.#link.pendingCalls;
  }

  get bufferedBytes(): number {
    return this.#writer.bufferedBytes;
  }

  get hasRoom(): boolean {
    return this.#writer.hasRoom && this.pendingCalls < this.#limits.maxPendingCalls && this.#closedReason === undefined;
  }

  get counters(): EndpointCounters {
    return {
      lateAnswers: this.#inbox.lateAnswers,
      droppedNotifications: this.#droppedNotifications,
      faults: this.#inbox.faults,
      framesIn: this.#inbox.framesIn,
      framesOut: this.#writer.framesOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#writer.bytesOut,
    };
  }

  invoke(params: Omit<InvokeParams, 'payload'>, payload: unknown, options?: { readonly wireResult?: boolean }): OutgoingInvoke {
    const refusal = this.#refusal();
    if (refusal !== undefined) return this.#outgoing.refused(refusal);
    const call = this.#outgoing.open(options?.wireResult === true);
    try {
      this.#outbox.send(encodeInvoke(call.id, params, payload, this.#outbox.agreed));
    } catch (error) {
      call.abandon(error as MotiaError);
    }
    return call;
  }

  invokeVoid(params: Omit<InvokeParams, 'payload'>, payload: unknown): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    this.#outbox.send(encodeInvoke(undefined, params, payload, this.#outbox.agreed));
  }

  request<M extends RequestMethod>(method: M, params: RequestMap[M]['params']): Promise<RequestMap[M]['result']> {
    if (method === INVOKE) {
      const { payload, ...rest } = params as InvokeParams;
      return this.invoke(rest, payload).result;
    }
    const refusal = this.#refusal();
    return refusal === undefined ? this.#link.request(method, params) : Promise.reject(refusal);
  }

  notify<M extends NotificationMethod>(method: M, params: NotificationMap[M], raw?: Uint8Array): void {
    if (this.#closedReason !== undefined) return;
    if (!this.#writer.hasRoom && (method === 'logs/emit' || method === 'telemetry/emit')) {
      this.#droppedNotifications++;
      return;
    }
    this.#outbox.send(encodeNotification(method, params, raw, this.#outbox.agreed));
  }

  onInvoke(handler: InvokeHandler): void {
    this.#incoming.handler = handler;
  }

  onRequest<M extends RequestMethod>(method: M, handler: (params: RequestMap[M]['params']) => RequestMap[M]['result'] | Promise<RequestMap[M]['result']>): void {
    this.#link.onRequest(method, (params) => handler(params as RequestMap[M]['params']));
  }

  onNotification<M extends NotificationMethod>(method: M, handler: (params: NotificationMap[M], raw?: Uint8Array) => void): void {
    this.#inbox.notifications.set(method, handler);
  }

  setNegotiated({ rawBodies, rawThresholdBytes }: RawAgreement): void {
    this.#outbox.agreed = { rawBodies, rawThresholdBytes };
  }

  listen(): void {
    this.#link.listen();
    this.#transport.onData((chunk) => {
      this.#bytesIn += chunk.byteLength;
      this.#parser.push(chunk);
    });
    this.#transport.onEnd((error) => {
      this.#parser.end();
      // Answers that came together with the end count: a refusal is one.
      this.#link.afterArrived(() => {
        this.#close(error, error?.message ?? 'the peer ended the stream');
        this.#transport.destroy(error);
      });
    });
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  close(error?: Error): void {
    this.#close(error, error?.message ?? 'it was closed by this side');
  }

  /** Everybody who waits is told before `onClose`. Without an error, what was written is still handed over. */
  #close(error: Error | undefined, reason: string): void {
    if (this.#closedReason !== undefined) return;
    this.#closedReason = reason;
    this.#parser.stop();
    this.#outbox.close();
    this.#outgoing.failAll(ProtocolErrors.CONNECTION_CLOSED({ reason }, error));
    this.#link.close(reason);
    this.#incoming.cancelAll('the connection is closed');
    if (error === undefined) {
      void this.#writer.flush().then(() => {
        this.#writer.close();
        this.#transport.end();
      });
    } else {
      this.#writer.flushNow();
      this.#writer.close();
      this.#transport.destroy(error);
    }
    this.#events.onClose?.(error);
  }

  /** Why no call can be made now. */
  #refusal(): MotiaError | undefined {
    if (this.#closedReason !== undefined) return ProtocolErrors.CONNECTION_CLOSED({ reason: this.#closedReason });
    const { maxPendingCalls, maxBufferedBytes } = this.#limits;
    if (!this.#writer.hasRoom) return ProtocolErrors.BACKPRESSURE({ what: 'bytes', current: this.#writer.bufferedBytes, limit: maxBufferedBytes });
    if (this.pendingCalls >= maxPendingCalls) return ProtocolErrors.BACKPRESSURE({ what: 'calls', current: this.pendingCalls, limit: maxPendingCalls });
    return undefined;
  }

  #sendCancel(id: string, reason: string | undefined): void {
    const why = reason === undefined ? '' : `,"reason":${JSON.stringify(reason.slice(0, longestReason))}`;
    this.#outbox.sendEnvelope(`{"jsonrpc":"2.0","method":"${CANCEL}","params":{"id":"${id}"${why}}}`);
  }

  #sendLibraryMessage(message: Message): void {
    if (this.#closedReason !== undefined) throw ProtocolErrors.CONNECTION_CLOSED({ reason: this.#closedReason });
    if (!Message.isResponse(message) || message.id === null) return this.#outbox.sendEnvelope(stringify(message));
    const { id, result } = message;
    if (result instanceof LibraryAnswer) return this.#outbox.answer(id, result.value);
    try {
      this.#outbox.sendEnvelope(stringify(message));
    } catch (error) {
      this.#outbox.answerError(id, error);
    }
  }
}
