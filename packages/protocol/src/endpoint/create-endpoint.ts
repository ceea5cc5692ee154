import { Message } from 'vscode-jsonrpc/node';
import type { CancellationToken, RequestMessage } from 'vscode-jsonrpc/node';
import type {
  Endpoint, EndpointCounters, EndpointEvents, EndpointLimits, EndpointRole, InvokeHandler, OutgoingInvoke,
} from '../endpoint.js';
import type { MotiaError } from '../errors.js';
import { FrameParser } from '../framing/frame-parser.js';
import { FrameWriter } from '../framing/frame-writer.js';
import type { CancelParams, InvokeParams, NotificationMap, NotificationMethod, RequestMap, RequestMethod } from '../generated/messages.js';
import { ProtocolErrors } from '../protocol-errors.js';
import type { Transport } from '../transport.js';
import { WireValue } from '../wire-value.js';
import type { RawPart } from '../wire-value.js';
import { encodeAnswer, encodeErrorAnswer, encodeInvoke, encodeNotification } from './hot-encoding.js';
import type { EncodedFrame, RawAgreement } from './hot-encoding.js';
import { IncomingCall } from './incoming-call.js';
import { invokeParamsProblem, messageProblem, peekHead, readRawPart } from './incoming-message.js';
import type { AnyMessage } from './incoming-message.js';
import { stringify } from './json-text.js';
import { LibraryLink } from './library-link.js';
import { OutgoingCalls } from './outgoing-calls.js';
import { fromRpcError, toRpcError } from './wire-errors.js';

/** What an endpoint allows unless told otherwise. */
export const DEFAULT_ENDPOINT_LIMITS: EndpointLimits = Object.freeze({
  maxFrameBytes: 16 * 1024 * 1024,
  maxBufferedBytes: 8 * 1024 * 1024,
  maxPendingCalls: 1024,
  rawThresholdBytes: 4096,
  maxFaults: 3,
});

export interface EndpointOptions {
  readonly role: EndpointRole;
  readonly limits?: Partial<EndpointLimits>;
  readonly events?: EndpointEvents;
}

const INVOKE = 'functions/invoke';
const CANCEL = '$/cancelRequest';
/** Answers are never refused for lack of room; past this multiple of `maxBufferedBytes` the peer is given up. */
const HARD_BUFFER_FACTOR = 4;
type NotificationListener = (params: never, raw?: Uint8Array) => void;

/** Speaks the protocol over a transport. Set the handlers, then call `listen()` in the same turn. */
export function createEndpoint(transport: Transport, options: EndpointOptions): Endpoint {
  return new WireEndpoint(transport, options);
}

/** An answer of `functions/invoke` on its way through the library: keeps "no value" and wire values apart from JSON. */
class LibraryAnswer {
  constructor(readonly value: unknown) {}
}

class WireEndpoint implements Endpoint {
  readonly #transport: Transport;
  readonly #limits: EndpointLimits;
  readonly #events: EndpointEvents;
  readonly #writer: FrameWriter;
  readonly #parser: FrameParser;
  readonly #link: LibraryLink;
  readonly #outgoing: OutgoingCalls;
  readonly #incoming = new Map<string, IncomingCall>();
  readonly #libraryCalls = new Set<IncomingCall>();
  readonly #notifications = new Map<string, NotificationListener>();
  #invokeHandler: InvokeHandler | undefined;
  #agreed: RawAgreement;
  #closed: string | undefined;
  #lateAnswers = 0;
  #droppedNotifications = 0;
  #faults = 0;
  #framesIn = 0;
  #bytesIn = 0;

  constructor(transport: Transport, { role, limits, events = {} }: EndpointOptions) {
    this.#transport = transport;
    this.#limits = { ...DEFAULT_ENDPOINT_LIMITS, ...limits };
    this.#events = events;
    this.#agreed = { rawBodies: false, rawThresholdBytes: this.#limits.rawThresholdBytes };
    this.#writer = new FrameWriter(transport, this.#limits);
    this.#parser = new FrameParser(
      {
        onFrame: (envelope, raw) => this.#onFrame(envelope, raw),
        onFault: (fault, head) => this.#fault(fault, head),
        onText: (line) => this.#events.onText?.(line),
      },
      this.#limits,
    );
    this.#outgoing = new OutgoingCalls(role === 'engine' ? 'e' : 'w', (id) => this.#sendEnvelope(`{"jsonrpc":"2.0","method":"${CANCEL}","params":{"id":"${id}"}}`));
    this.#link = new LibraryLink((message) => this.#sendLibraryMessage(message));
    this.#link.onRequest(INVOKE, (params, token) => this.#onLibraryInvoke(params, token));
  }

  get pendingCalls(): number {
    return this.#outgoing.size + this.#link.pendingCalls;
  }

  get bufferedBytes(): number {
    return this.#writer.bufferedBytes;
  }

  get counters(): EndpointCounters {
    return {
      lateAnswers: this.#lateAnswers,
      droppedNotifications: this.#droppedNotifications,
      faults: this.#faults,
      framesIn: this.#framesIn,
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
      this.#send(encodeInvoke(call.id, params, payload, this.#agreed));
    } catch (error) {
      call.abandon(error as MotiaError);
    }
    return call;
  }

  invokeVoid(params: Omit<InvokeParams, 'payload'>, payload: unknown): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    this.#send(encodeInvoke(undefined, params, payload, this.#agreed));
  }

  request<M extends RequestMethod>(method: M, params: RequestMap[M]['params']): Promise<RequestMap[M]['result']> {
    if (method === INVOKE) {
      const { payload, ...rest } = params as InvokeParams;
      return this.invoke(rest, payload).result;
    }
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    return this.#link.request(method, params);
  }

  notify<M extends NotificationMethod>(method: M, params: NotificationMap[M], raw?: Uint8Array): void {
    if (this.#closed !== undefined) return;
    if (!this.#writer.hasRoom && (method === 'logs/emit' || method === 'telemetry/emit')) {
      this.#droppedNotifications++;
      return;
    }
    this.#send(encodeNotification(method, params, raw, this.#agreed));
  }

  onInvoke(handler: InvokeHandler): void {
    this.#invokeHandler = handler;
  }

  onRequest<M extends RequestMethod>(method: M, handler: (params: RequestMap[M]['params']) => RequestMap[M]['result'] | Promise<RequestMap[M]['result']>): void {
    this.#link.onRequest(method, (params) => handler(params as RequestMap[M]['params']));
  }

  onNotification<M extends NotificationMethod>(method: M, handler: (params: NotificationMap[M], raw?: Uint8Array) => void): void {
    this.#notifications.set(method, handler);
  }

  setNegotiated(agreed: RawAgreement): void {
    this.#agreed = { rawBodies: agreed.rawBodies, rawThresholdBytes: agreed.rawThresholdBytes };
  }

  listen(): void {
    this.#link.listen();
    this.#transport.onData((chunk) => {
      this.#bytesIn += chunk.byteLength;
      this.#parser.push(chunk);
    });
    this.#transport.onEnd((error) => {
      if (this.#closed === undefined) this.#parser.end();
      this.#close(error, error?.message ?? 'the peer ended the stream');
      this.#transport.destroy(error);
    });
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  close(error?: Error): void {
    this.#close(error, error?.message ?? 'it was closed by this side');
  }

  #close(error: Error | undefined, reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#parser.stop();
    this.#outgoing.failAll(ProtocolErrors.CONNECTION_CLOSED({ reason }, error));
    this.#link.close(reason);
    for (const call of [...this.#incoming.values(), ...this.#libraryCalls]) call.cancel('the connection is closed');
    this.#incoming.clear();
    this.#libraryCalls.clear();
    if (error === undefined) {
      void this.#writer.flush().then(() => {
        this.#writer.close();
        this.#transport.end();
      });
    } else {
      this.#writer.close();
      this.#transport.destroy(error);
    }
    this.#events.onClose?.(error);
  }

  /** Why no call can be made now. */
  #refusal(): MotiaError | undefined {
    if (this.#closed !== undefined) return ProtocolErrors.CONNECTION_CLOSED({ reason: this.#closed });
    const { maxPendingCalls, maxBufferedBytes } = this.#limits;
    if (!this.#writer.hasRoom) return ProtocolErrors.BACKPRESSURE({ what: 'bytes', current: this.#writer.bufferedBytes, limit: maxBufferedBytes });
    if (this.pendingCalls >= maxPendingCalls) return ProtocolErrors.BACKPRESSURE({ what: 'calls', current: this.pendingCalls, limit: maxPendingCalls });
    return undefined;
  }

  #send(frame: EncodedFrame): void {
    this.#writer.send(frame.envelope, frame.raw);
    const { maxBufferedBytes } = this.#limits;
    const current = this.#writer.bufferedBytes;
    if (current > maxBufferedBytes * HARD_BUFFER_FACTOR) this.close(ProtocolErrors.BACKPRESSURE({ what: 'bytes', current, limit: maxBufferedBytes }));
  }

  #sendEnvelope(envelope: string): void {
    if (this.#closed === undefined) this.#send({ envelope, raw: undefined });
  }

  #sendLibraryMessage(message: Message): void {
    if (this.#closed !== undefined) throw ProtocolErrors.CONNECTION_CLOSED({ reason: this.#closed });
    if (!Message.isResponse(message)) return this.#sendEnvelope(stringify(message));
    const { id, result } = message;
    try {
      if (result instanceof LibraryAnswer && id !== null) this.#send(encodeAnswer(id, result.value, this.#agreed));
      else this.#sendEnvelope(stringify(message));
    } catch (error) {
      this.#sendEnvelope(encodeErrorAnswer(id, toRpcError(error)));
    }
  }

  /** False when the envelope is not JSON. */
  #onFrame(envelope: string, raw: Buffer | undefined): boolean {
    this.#framesIn++;
    let message: AnyMessage;
    try {
      message = JSON.parse(envelope) as AnyMessage;
    } catch (error) {
      this.#fault(ProtocolErrors.JSON_MALFORMED({ reason: (error as Error).message }), envelope.slice(0, 256));
      return false;
    }
    const problem = messageProblem(message);
    if (problem === undefined) this.#dispatch(message, raw);
    else this.#fault(ProtocolErrors.MESSAGE_INVALID({ reason: problem }), envelope.slice(0, 256));
    return true;
  }

  #dispatch(message: AnyMessage, rawBytes: Buffer | undefined): void {
    const { id, method } = message;
    let raw: RawPart | undefined;
    if (rawBytes !== undefined || message.raw !== undefined) {
      const part = rawBytes !== undefined && !this.#agreed.rawBodies ? 'raw frames were not negotiated' : readRawPart(message.raw, rawBytes);
      if (typeof part === 'string') return this.#invalidMessage(message, part);
      raw = part;
    }
    if (method === undefined) return this.#onAnswer(message, raw);
    if (id === undefined) return this.#onNotification(message, raw);
    if (method === INVOKE && typeof id === 'string') return this.#onInvoke(id, message, raw);
    this.#link.deliver(message as unknown as RequestMessage);
  }

  #onAnswer(message: AnyMessage, raw: RawPart | undefined): void {
    const { id, error } = message;
    if (typeof id === 'string') {
      const call = this.#outgoing.take(id);
      if (call === undefined) this.#lateAnswers++;
      else if (error !== undefined) call.reject(fromRpcError(error, INVOKE));
      else if (raw === undefined) call.resolve(message.noValue === true ? undefined : message.result);
      else this.#resolveRaw(call, WireValue.of(message.result, raw));
    } else if (id === null) {
      this.#events.onPeerFault?.(fromRpcError(error, 'unknown'));
    } else if (!this.#link.deliverAnswer(message as unknown as Message & { id: number })) {
      this.#lateAnswers++;
    }
  }

  #resolveRaw(call: { readonly wantsWire: boolean; resolve(value: unknown): void; reject(error: MotiaError): void }, value: WireValue): void {
    if (call.wantsWire) return call.resolve(value);
    try {
      call.resolve(value.toValue());
    } catch (cause) {
      call.reject(ProtocolErrors.MESSAGE_INVALID({ reason: 'the raw JSON text of the result is malformed' }, cause));
    }
  }

  #onNotification(message: AnyMessage, raw: RawPart | undefined): void {
    const method = message.method as string;
    if (method === CANCEL) {
      const id = (message.params as Partial<CancelParams> | undefined)?.id;
      if (typeof id === 'string') this.#incoming.get(id)?.cancel('the caller cancelled the call');
      else if (typeof id === 'number') this.#link.deliver(message as unknown as Message);
    } else if (method === INVOKE) {
      this.#onInvoke(undefined, message, raw);
    } else {
      this.#notifications.get(method)?.((message.params ?? {}) as never, raw?.bytes);
    }
  }

  #onInvoke(id: string | undefined, message: AnyMessage, raw: RawPart | undefined): void {
    const problem = invokeParamsProblem(message.params);
    if (problem !== undefined) {
      const error = ProtocolErrors.PARAMS_INVALID({ method: INVOKE, reason: problem });
      return id === undefined ? this.#fault(error) : this.#answerError(id, error);
    }
    if (id !== undefined && this.#incoming.has(id)) return this.#fault(ProtocolErrors.MESSAGE_INVALID({ reason: `the id ${id} is in use` }));
    const params = message.params as InvokeParams;
    const call = new IncomingCall(params, raw === undefined ? params.payload : WireValue.of(params.payload, raw), id !== undefined);
    if (id !== undefined) this.#incoming.set(id, call);
    this.#run(call, id);
  }

  #run(call: IncomingCall, id: string | undefined): void {
    const handler = this.#invokeHandler;
    try {
      if (handler === undefined) throw ProtocolErrors.METHOD_NOT_FOUND({ method: INVOKE });
      const result = handler(call);
      if (isThenable(result)) {
        result.then(
          (value) => this.#finish(call, id, value),
          (error: unknown) => this.#finishFailed(call, id, error),
        );
      } else {
        this.#finish(call, id, result);
      }
    } catch (error) {
      this.#finishFailed(call, id, error);
    }
  }

  #finish(call: IncomingCall, id: string | undefined, value: unknown): void {
    if (id === undefined || this.#incoming.get(id) !== call) return;
    this.#incoming.delete(id);
    try {
      this.#send(encodeAnswer(id, value, this.#agreed));
    } catch (error) {
      this.#answerError(id, error);
    }
  }

  #finishFailed(call: IncomingCall, id: string | undefined, error: unknown): void {
    if (id === undefined || this.#incoming.get(id) !== call) return;
    this.#incoming.delete(id);
    this.#answerError(id, error);
  }

  #answerError(id: string | number | null, error: unknown): void {
    this.#sendEnvelope(encodeErrorAnswer(id, toRpcError(error)));
  }

  /** `functions/invoke` with a numeric id: a stock vscode-jsonrpc peer. */
  async #onLibraryInvoke(params: unknown, token: CancellationToken): Promise<LibraryAnswer> {
    const problem = invokeParamsProblem(params);
    if (problem !== undefined) throw ProtocolErrors.PARAMS_INVALID({ method: INVOKE, reason: problem });
    if (this.#invokeHandler === undefined) throw ProtocolErrors.METHOD_NOT_FOUND({ method: INVOKE });
    const call = new IncomingCall(params as InvokeParams, (params as InvokeParams).payload, true);
    this.#libraryCalls.add(call);
    const cancelled = () => call.cancel('the caller cancelled the call');
    const subscription = token.isCancellationRequested ? cancelled() : token.onCancellationRequested(cancelled);
    try {
      return new LibraryAnswer(await this.#invokeHandler(call));
    } finally {
      this.#libraryCalls.delete(call);
      subscription?.dispose();
    }
  }

  #invalidMessage(message: AnyMessage, reason: string): void {
    this.#fault(ProtocolErrors.MESSAGE_INVALID({ reason }), JSON.stringify(message).slice(0, 256));
  }

  /** Counts a fault, tells whoever waits for the broken message, and gives the peer up after too many. */
  #fault(fault: MotiaError, head?: string): void {
    this.#faults++;
    this.#events.onFault?.(fault);
    if (head !== undefined) this.#answerBrokenMessage(fault, head);
    if (this.#faults >= this.#limits.maxFaults) this.close(ProtocolErrors.PEER_FAULTY({ faults: this.#faults, last: fault.message }));
  }

  #answerBrokenMessage(fault: MotiaError, head: string): void {
    const broken = peekHead(head);
    if (broken === undefined) return this.#answerError(null, fault);
    if (!broken.isAnswer) return this.#answerError(broken.id, fault);
    if (typeof broken.id === 'string') return this.#outgoing.take(broken.id)?.reject(fault);
    this.#link.deliverAnswer({ jsonrpc: '2.0', id: broken.id, error: toRpcError(fault) } as Message & { id: number });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
