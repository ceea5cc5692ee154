import type { MotiaError } from './errors.js';
import type { InvokeParams, NotificationMap, NotificationMethod, RequestMap, RequestMethod } from './generated/messages.js';
import type { WireValue } from './wire-value.js';

/** Which side of the wire we are: decides the hot ids (`e…` engine, `w…` worker). */
export type EndpointRole = 'engine' | 'worker';

export interface EndpointLimits {
  /** Frames over this are skipped without being buffered. Default 16 MiB. */
  readonly maxFrameBytes: number;
  /** Bytes waiting in our writer and the transport before `WORKER_BACKPRESSURE`. Default 8 MiB. */
  readonly maxBufferedBytes: number;
  /** Calls we made and have no answer to. Default 1024. */
  readonly maxPendingCalls: number;
  /** Bodies from this size travel raw once both sides agreed. Default 1024: below about 600 bytes parsing is cheaper than a second part. */
  readonly rawThresholdBytes: number;
  /** Protocol faults after which the connection is closed. Default 3. */
  readonly maxFaults: number;
}

/** A call that the peer made to us. */
export interface IncomingInvoke {
  readonly params: Omit<InvokeParams, 'payload'>;
  /** The payload as it came: `toValue()` gives the plain value, `raw` stays unparsed until then. */
  readonly payload: WireValue | unknown;
  /** Set for a notification (`action: void` without id): nothing is sent back. */
  readonly expectsReply: boolean;
  /** Called at most once, when the peer cancels or the connection closes. */
  onCancel(listener: (reason: string) => void): void;
}
export type InvokeHandler = (call: IncomingInvoke) => unknown;

/** A call that we made to the peer. */
export interface OutgoingInvoke {
  /** Settles exactly once: the result, a MotiaError of the peer, or `MOTIA_PROTOCOL_CONNECTION_CLOSED`. */
  readonly result: Promise<unknown>;
  /** Milliseconds that the peer says its handler took: set when `result` settles, if the call was `timed` and the peer told. Not checked against anything. */
  readonly handlerMs?: number | undefined;
  /** Sends `$/cancelRequest`, with the reason for people. The result still settles: with the peer's answer or by the caller's deadline. */
  cancel(reason?: string): void;
  /** Stops waiting: a late answer is counted as `lateAnswers` and dropped. */
  abandon(error: MotiaError): void;
}

/** What a faulty or noisy peer did; none of these throws into the caller's code. */
export interface EndpointEvents {
  /** A frame that could not be understood. The stream is already resynchronised. */
  onFault?(fault: MotiaError): void;
  /** The peer could not understand one of our frames and has no id to say which. */
  onPeerFault?(error: MotiaError): void;
  /** Bytes outside any frame, split into lines: an `npm run` banner, a stray print. */
  onText?(line: string): void;
  /** What waited for the peer has been taken, or enough of it: calls that `hasRoom` kept back may be made. */
  onRoom?(): void;
  /** Once, when the connection is gone. Every pending call has been failed before. */
  onClose?(error?: Error): void;
}

export interface EndpointCounters {
  /** Answers to calls that we did not make, made on another connection, or no longer wait for. */
  readonly lateAnswers: number;
  /** Log and telemetry notifications dropped because the peer does not read. */
  readonly droppedNotifications: number;
  readonly faults: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/**
 * One side of a connection. `functions/invoke`, its answers, cancellation, channels and log notifications take the
 * hot path (string ids); everything else runs through vscode-jsonrpc (numeric ids).
 */
export interface Endpoint {
  /** `payload` may be a WireValue; the result is a plain value, or a WireValue when `wireResult` is set and a raw part came. */
  invoke(params: Omit<InvokeParams, 'payload'>, payload: unknown, options?: { readonly wireResult?: boolean }): OutgoingInvoke;
  /** A void invoke: no id, no answer. */
  invokeVoid(params: Omit<InvokeParams, 'payload'>, payload: unknown): void;
  request<M extends RequestMethod>(method: M, params: RequestMap[M]['params']): Promise<RequestMap[M]['result']>;
  /** `raw` only for `channels/write`. */
  notify<M extends NotificationMethod>(method: M, params: NotificationMap[M], raw?: Uint8Array): void;
  onInvoke(handler: InvokeHandler): void;
  onRequest<M extends RequestMethod>(method: M, handler: (params: RequestMap[M]['params']) => RequestMap[M]['result'] | Promise<RequestMap[M]['result']>): void;
  onNotification<M extends NotificationMethod>(method: M, handler: (params: NotificationMap[M], raw?: Uint8Array) => void): void;
  /** What `initialize` agreed on; until then raw frames are refused and not sent. */
  setNegotiated(agreed: { readonly rawBodies: boolean; readonly rawThresholdBytes: number }): void;
  /** Starts reading. Handlers must be set before. */
  listen(): void;
  readonly pendingCalls: number;
  readonly bufferedBytes: number;
  /** False when a call would be refused now: `maxBufferedBytes` or `maxPendingCalls` is reached, or the connection is closed. */
  readonly hasRoom: boolean;
  readonly counters: EndpointCounters;
  /** Resolves when everything written so far was handed to the operating system. */
  flush(): Promise<void>;
  close(error?: Error): void;
}
