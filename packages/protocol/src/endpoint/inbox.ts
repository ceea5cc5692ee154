import type { Message, RequestMessage } from 'vscode-jsonrpc/node';
import type { EndpointEvents } from '../endpoint.js';
import { messageOf, type MotiaError } from '../errors.js';
import type { FrameSink } from '../framing/frame-parser.js';
import type { CancelParams } from '../generated/messages.js';
import { ProtocolErrors } from '../protocol-errors.js';
import { WireValue } from '../wire-value.js';
import type { RawPart } from '../wire-value.js';
import type { IncomingCalls } from './incoming-calls.js';
import { INVOKE } from './incoming-calls.js';
import { messageProblem, peekHead, readPlainAnswer, readRawPart } from './incoming-message.js';
import type { AnyMessage } from './incoming-message.js';
import type { LibraryLink } from './library-link.js';
import type { Outbox } from './outbox.js';
import type { OutgoingCall, OutgoingCalls } from './outgoing-calls.js';
import { fromRpcError, toRpcError } from './wire-errors.js';

export const CANCEL = '$/cancelRequest';
/** Characters of the reason of a cancellation that count. */
export const longestReason = 500;
/** As much of a broken envelope as is looked at for its id. */
const HEAD_CHARACTERS = 256;
export type NotificationListener = (params: never, raw?: Uint8Array) => void;

export interface InboxPorts {
  readonly outgoing: OutgoingCalls;
  readonly incoming: IncomingCalls;
  readonly link: LibraryLink;
  readonly outbox: Outbox;
  readonly events: EndpointEvents;
  readonly maxFaults: number;
  /** The peer made its last mistake. */
  onFaulty(error: MotiaError): void;
}

/** Everything that comes into an endpoint: reads frames into messages and hands each to whom it concerns. */
export class Inbox implements FrameSink {
  readonly notifications = new Map<string, NotificationListener>();
  lateAnswers = 0;
  faults = 0;
  framesIn = 0;

  constructor(private readonly ports: InboxPorts) {}

  onText(line: string): void {
    this.ports.events.onText?.(line);
  }

  onFrame(envelope: string, raw: Buffer | undefined): boolean {
    this.framesIn++;
    if (raw === undefined) {
      const answer = readPlainAnswer(envelope);
      const call = answer === undefined ? undefined : this.ports.outgoing.take(answer.id);
      if (answer !== undefined && call !== undefined) {
        call.handlerMs = answer.handlerMs;
        call.resolve(answer.result);
        return true;
      }
    }
    let message: AnyMessage;
    try {
      message = JSON.parse(envelope) as AnyMessage;
    } catch (error) {
      this.onFault(ProtocolErrors.JSON_MALFORMED({ reason: (error as Error).message }), envelope.slice(0, HEAD_CHARACTERS));
      return false;
    }
    const problem = messageProblem(message);
    if (problem === undefined) this.#dispatch(message, raw, envelope);
    else this.onFault(ProtocolErrors.MESSAGE_INVALID({ reason: problem }), envelope.slice(0, HEAD_CHARACTERS));
    return true;
  }

  /** Counts a fault, tells whoever waits for the broken message, and gives the peer up after too many. */
  onFault(fault: MotiaError, head?: string): void {
    const { events, maxFaults, onFaulty } = this.ports;
    this.faults++;
    events.onFault?.(fault);
    if (head !== undefined) this.#answerBrokenMessage(fault, head);
    if (this.faults >= maxFaults) onFaulty(ProtocolErrors.PEER_FAULTY({ faults: this.faults, last: fault.message }));
  }

  #dispatch(message: AnyMessage, rawBytes: Buffer | undefined, envelope: string): void {
    const { id, method } = message;
    let raw: RawPart | undefined;
    if (rawBytes !== undefined || message.raw !== undefined) {
      const isRefused = rawBytes !== undefined && !this.ports.outbox.agreed.rawBodies;
      const part = isRefused ? 'raw frames were not negotiated' : readRawPart(message.raw, rawBytes);
      if (typeof part === 'string') return this.onFault(ProtocolErrors.MESSAGE_INVALID({ reason: part }), envelope.slice(0, HEAD_CHARACTERS));
      raw = part;
    }
    if (method === undefined) this.#onAnswer(message, raw);
    else if (id === undefined) this.#onNotification(method as string, message, raw);
    else if (method === INVOKE && typeof id === 'string') this.ports.incoming.accept(id, message.params, raw);
    else this.ports.link.deliver(message as unknown as RequestMessage);
  }

  #onAnswer(message: AnyMessage, raw: RawPart | undefined): void {
    const { id, error } = message;
    if (typeof id === 'string') {
      const call = this.ports.outgoing.take(id);
      if (call !== undefined && isDuration(message.handlerMs)) call.handlerMs = message.handlerMs;
      if (call === undefined) this.lateAnswers++;
      else if (error !== undefined) call.reject(fromRpcError(error, INVOKE));
      else if (raw === undefined) call.resolve(message.noValue === true ? undefined : message.result);
      else resolveRaw(call, WireValue.of(message.result, raw));
    } else if (id === null) {
      this.ports.events.onPeerFault?.(fromRpcError(error, 'unknown'));
    } else if (!this.ports.link.deliverAnswer(message as unknown as Message & { id: number })) {
      this.lateAnswers++;
    }
  }

  #onNotification(method: string, message: AnyMessage, raw: RawPart | undefined): void {
    if (method === CANCEL) {
      const { id, reason } = (message.params ?? {}) as { readonly id?: unknown; readonly reason?: unknown } satisfies Partial<Record<keyof CancelParams, unknown>>;
      if (typeof id === 'string') this.ports.incoming.cancel(id, typeof reason === 'string' && reason !== '' ? reason.slice(0, longestReason) : undefined);
      else if (typeof id === 'number') this.ports.link.deliver(message as unknown as Message);
    } else if (method === INVOKE) {
      this.ports.incoming.accept(undefined, message.params, raw);
    } else {
      try {
        this.notifications.get(method)?.((message.params ?? {}) as never, raw?.bytes);
      } catch (cause) {
        // Params that a handler cannot use must not end the process that reads them.
        this.onFault(ProtocolErrors.PARAMS_INVALID({ method, reason: messageOf(cause) }, cause));
      }
    }
  }

  #answerBrokenMessage(fault: MotiaError, head: string): void {
    const { outbox, outgoing, link } = this.ports;
    const broken = peekHead(head);
    if (broken === undefined) outbox.answerError(null, fault);
    else if (!broken.isAnswer) outbox.answerError(broken.id, fault);
    else if (typeof broken.id === 'string') outgoing.take(broken.id)?.reject(fault);
    else link.deliverAnswer({ jsonrpc: '2.0', id: broken.id, error: toRpcError(fault) } as Message & { id: number });
  }
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}

function resolveRaw(call: OutgoingCall, value: WireValue): void {
  if (call.wantsWire) return call.resolve(value);
  try {
    call.resolve(value.toValue());
  } catch (cause) {
    call.reject(ProtocolErrors.MESSAGE_INVALID({ reason: 'the raw JSON text of the result is malformed' }, cause));
  }
}
