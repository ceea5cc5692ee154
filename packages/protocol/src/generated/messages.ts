// Generated from motia.protocol.json by tools/protocol-gen. Do not edit: change the model and run `npm run generate:protocol`.

/** Version spoken by this package. A peer with another major is refused with both versions named. */
export const PROTOCOL_VERSION = '1.0';

export type JsonSchema = Readonly<Record<string, unknown>> | boolean;

/** W3C trace context as it travels in every envelope. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
  readonly baggage?: string;
}

/** How an invocation is answered: `call` waits for the result, `void` never replies, `enqueue` answers `{ messageReceiptId }`. */
export type InvokeAction = { readonly type: 'call' } | { readonly type: 'void' } | { readonly type: 'enqueue'; readonly queue: string };

/** worker → engine, request, the first message of a connection. */
export interface InitializeParams {
  readonly protocolVersion: string;
  readonly sdk: { readonly name: string; readonly version: string; readonly language: string; readonly runtime?: string };
  readonly pid?: number;
  readonly name?: string;
  readonly os?: string;
  readonly token?: string;
  /** A worker that connects again after a broken socket names its former id so that its registrations are replaced, not doubled. */
  readonly previousWorkerId?: string;
  readonly capabilities?: Capabilities;
}
export interface InitializeResult {
  readonly protocolVersion: string;
  readonly workerId: string;
  readonly engine: { readonly name: string; readonly version: string };
  readonly limits: Limits;
  /** The intersection of what both sides offered. */
  readonly capabilities: Capabilities;
}
export interface Capabilities {
  /** Bodies at or above `limits.rawThresholdBytes` may travel as raw frames. */
  readonly rawBodies?: boolean;
  readonly channels?: boolean;
}
export interface Limits {
  readonly maxFrameBytes: number;
  readonly maxFunctions: number;
  readonly maxTriggers: number;
  readonly maxDescriptionBytes: number;
  readonly rawThresholdBytes: number;
  readonly channelCreditBytes: number;
  readonly maxCallDepth: number;
  readonly heartbeatIntervalMs: number;
}

export interface FunctionSpec {
  readonly id: string;
  readonly description?: string;
  readonly requestSchema?: JsonSchema;
  readonly responseSchema?: JsonSchema;
  readonly metadata?: Readonly<Record<string, unknown>>;
}
export interface RegisterFunctionsParams { readonly functions: readonly FunctionSpec[] }
export interface UnregisterFunctionsParams { readonly ids: readonly string[] }
export interface RegistrationRejection { readonly id: string; readonly error: WireError }
export interface RegisterResult { readonly accepted: readonly string[]; readonly rejected: readonly RegistrationRejection[] }

export interface TriggerSpec {
  /** Chosen by the worker; unique within it. The engine derives the shared identity from type, function and config. */
  readonly id: string;
  readonly type: string;
  readonly functionId: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}
export interface RegisterTriggersParams { readonly triggers: readonly TriggerSpec[] }
export interface UnregisterTriggersParams { readonly ids: readonly string[] }
export interface RegisterTriggersResult {
  readonly accepted: readonly string[];
  /** Of a type that no module or worker offers yet; bound when the type appears. */
  readonly parked: readonly string[];
  readonly rejected: readonly RegistrationRejection[];
}

export interface TriggerTypeSpec { readonly id: string; readonly description?: string; readonly configSchema?: JsonSchema }
export interface RegisterTriggerTypesParams { readonly types: readonly TriggerTypeSpec[] }
export interface UnregisterTriggerTypesParams { readonly ids: readonly string[] }
/** engine → worker that provides a trigger type: the set of triggers of that type changed. */
export interface TriggersChangedParams { readonly type: string; readonly added: readonly TriggerSpec[]; readonly removed: readonly string[] }
export interface TriggersChangedResult { readonly rejected: readonly RegistrationRejection[] }

/** worker → engine, request: everything is registered. Answered once the registrations are live. */
export interface ReadyParams { readonly _?: never }
export type ReadyResult = RegisterTriggersResult;

export interface InvokeParams {
  readonly functionId: string;
  readonly payload?: unknown;
  readonly invocationId: string;
  /** Milliseconds left when the frame was written; clocks of the two sides are never compared. */
  readonly timeoutMs?: number;
  readonly attempt?: number;
  readonly depth?: number;
  readonly idempotencyKey?: string;
  readonly trace?: TraceContext;
  readonly action?: InvokeAction;
  /** The invocation in whose handler this call was made; the engine inherits deadline, depth and trace from it. */
  readonly parentInvocationId?: string;
}

export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retryable?: boolean;
  readonly status?: number;
  readonly details?: unknown;
  readonly stack?: string;
}

export interface LogEntry {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly data?: unknown;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly invocationId?: string;
  readonly functionId?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly source?: 'logger' | 'stdout' | 'stderr';
}
export interface LogsEmitParams { readonly entries: readonly LogEntry[]; readonly dropped?: number }
/** OTLP/JSON export requests, passed on as they are. */
export interface TelemetryEmitParams { readonly signal: 'traces' | 'metrics' | 'logs'; readonly otlp: unknown }

/** A reference to one end of a channel inside a payload. Field names as inventoried. */
export interface ChannelRef { readonly channel_id: string; readonly access_key: string; readonly direction: 'read' | 'write' }
export interface ChannelOpenParams { readonly channelId: string; readonly accessKey: string; readonly direction: 'read' | 'write' }
/** Exactly one of `text`, `base64` or the frame's raw part. */
export interface ChannelWriteParams { readonly channelId: string; readonly text?: string; readonly base64?: string }
export interface ChannelCloseParams { readonly channelId: string; readonly error?: WireError }
export interface ChannelCreditParams { readonly channelId: string; readonly bytes: number }

export interface CancelParams { readonly id: string | number }
export interface PingParams { readonly _?: never }
export interface PingResult { readonly uptimeMs: number; readonly inFlight: number; readonly eventLoopLagMs?: number; readonly memory?: { readonly rss: number; readonly heapUsed: number } }
/** engine → worker, request: finish what is in flight, take nothing new. */
export interface DrainParams { readonly deadlineMs: number }
export interface DrainResult { readonly inFlight: number }
/** engine → worker, notification: exit 0 now. */
export interface ShutdownParams { readonly reason: string }

/** Requests by method: params, result and who may send them. */
export interface RequestMap {
  'initialize': { params: InitializeParams; result: InitializeResult };
  'functions/register': { params: RegisterFunctionsParams; result: RegisterResult };
  'functions/unregister': { params: UnregisterFunctionsParams; result: RegisterResult };
  'triggers/register': { params: RegisterTriggersParams; result: RegisterTriggersResult };
  'triggers/unregister': { params: UnregisterTriggersParams; result: RegisterResult };
  'triggerTypes/register': { params: RegisterTriggerTypesParams; result: RegisterResult };
  'triggerTypes/unregister': { params: UnregisterTriggerTypesParams; result: RegisterResult };
  'triggers/changed': { params: TriggersChangedParams; result: TriggersChangedResult };
  'ready': { params: ReadyParams; result: ReadyResult };
  'functions/invoke': { params: InvokeParams; result: unknown };
  'channels/open': { params: ChannelOpenParams; result: { creditBytes: number } };
  'ping': { params: PingParams; result: PingResult };
  'drain': { params: DrainParams; result: DrainResult };
}
export interface NotificationMap {
  'functions/invoke': InvokeParams;
  'logs/emit': LogsEmitParams;
  'telemetry/emit': TelemetryEmitParams;
  'channels/write': ChannelWriteParams;
  'channels/close': ChannelCloseParams;
  'channels/credit': ChannelCreditParams;
  'shutdown': ShutdownParams;
}
export type RequestMethod = keyof RequestMap;
export type NotificationMethod = keyof NotificationMap;
