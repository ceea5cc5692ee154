// Generated from motia.protocol.json by tools/protocol-gen. Do not edit: change the model and run `npm run generate:protocol`.

/** Version spoken by this package. A peer with another major is refused with both versions named. */
export const PROTOCOL_VERSION = '1.0';

/** A JSON Schema (draft 2020-12), or a boolean: true allows everything. */
export type JsonSchema = Readonly<Record<string, unknown>> | boolean;

/** W3C trace context as it travels in every envelope. */
export interface TraceContext {
  /** `00-<32 hex>-<16 hex>-<2 hex>`. */
  readonly traceparent: string;
  readonly tracestate?: string;
  readonly baggage?: string;
}

/** How an invocation is answered: `call` waits for the result, `void` never replies, `enqueue` answers `{ messageReceiptId }`. Left out, it is `call`. */
export type InvokeAction = { readonly type: 'call' } | { readonly type: 'void' } | { readonly type: 'enqueue'; readonly queue: string };

/** The first message of a connection. Nothing else is answered before it. */
export interface InitializeParams {
  /** `<major>.<minor>`. Another major than the engine's is refused with both versions named. */
  readonly protocolVersion: string;
  /** Who speaks: `{ name: 'motia', version: '0.1.0', language: 'javascript', runtime: 'node 20.20.2' }`. */
  readonly sdk: { readonly name: string; readonly version: string; readonly language: string; readonly runtime?: string };
  /** Process id of the worker; remote workers leave it out. */
  readonly pid?: number;
  /** Shown in lists of workers. */
  readonly name?: string;
  readonly os?: string;
  /** Secret of a remote worker. */
  readonly token?: string;
  /** A worker that connects again after a broken socket names its former id so that its registrations are replaced, not doubled. */
  readonly previousWorkerId?: string;
  /** What the worker can do. Left out: nothing optional. */
  readonly capabilities?: Capabilities;
}

/** What the engine answers to `initialize`. */
export interface InitializeResult {
  /** The lower of both sides' versions. */
  readonly protocolVersion: string;
  /** Names this connection in logs, lists and `previousWorkerId`. */
  readonly workerId: string;
  readonly engine: { readonly name: string; readonly version: string };
  readonly limits: Limits;
  /** The intersection of what both sides offered. */
  readonly capabilities: Capabilities;
}

/** Optional parts of the protocol. */
export interface Capabilities {
  /** Bodies at or above `limits.rawThresholdBytes` may travel as raw frames. */
  readonly rawBodies?: boolean;
  /** The `channels/*` messages are understood. */
  readonly channels?: boolean;
  /** What `telemetry/emit` carries is kept by somebody. Where it is not agreed, a worker saves itself the work of recording. */
  readonly telemetry?: boolean;
}

/** What the engine accepts. A worker keeps to them; the engine refuses what goes beyond. */
export interface Limits {
  /** Longest body of a frame. Longer ones are skipped and fail the call they belong to. */
  readonly maxFrameBytes: number;
  /** Functions per worker. */
  readonly maxFunctions: number;
  /** Triggers per worker. */
  readonly maxTriggers: number;
  readonly maxDescriptionBytes: number;
  /** Bodies from this size travel raw when both sides can. */
  readonly rawThresholdBytes: number;
  /** Window of a channel. */
  readonly channelCreditBytes: number;
  /** Calls inside calls. */
  readonly maxCallDepth: number;
  /** Milliseconds between the engine's pings; 0 when it sends none. */
  readonly heartbeatIntervalMs: number;
}

/** A function that a worker offers. */
export interface FunctionSpec {
  /** Unique within the worker; other workers that offer the same id join its pool. */
  readonly id: string;
  readonly description?: string;
  readonly requestSchema?: JsonSchema;
  readonly responseSchema?: JsonSchema;
  /** Kept and shown, never interpreted. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A batch of functions. Each is accepted or rejected by itself. */
export interface RegisterFunctionsParams {
  readonly functions: readonly FunctionSpec[];
}

/** Functions that the worker no longer offers. */
export interface UnregisterFunctionsParams {
  readonly ids: readonly string[];
}

/** One entry of a batch that was not accepted, and why. */
export interface RegistrationRejection {
  readonly id: string;
  readonly error: WireError;
}

/** Which entries of a batch are registered now. */
export interface RegisterResult {
  readonly accepted: readonly string[];
  readonly rejected: readonly RegistrationRejection[];
}

/** What starts a function: a type (`http`, `cron`, …) and its config. */
export interface TriggerSpec {
  /** Chosen by the worker; unique within it. The engine derives the shared identity from type, function and config. */
  readonly id: string;
  readonly type: string;
  readonly functionId: string;
  /** As the type defines it. `condition_function_id` names a function whose literal `false` blocks the trigger. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Kept and shown, never interpreted. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A batch of triggers. Each is accepted, parked or rejected by itself. */
export interface RegisterTriggersParams {
  readonly triggers: readonly TriggerSpec[];
}

/** Triggers that the worker no longer wants. */
export interface UnregisterTriggersParams {
  readonly ids: readonly string[];
}

/** What became of each trigger. */
export interface RegisterTriggersResult {
  readonly accepted: readonly string[];
  /** Of a type that no module or worker offers yet; bound when the type appears. */
  readonly parked: readonly string[];
  readonly rejected: readonly RegistrationRejection[];
}

/** A kind of trigger that a worker implements. */
export interface TriggerTypeSpec {
  readonly id: string;
  readonly description?: string;
  readonly configSchema?: JsonSchema;
}

/** A batch of trigger types. */
export interface RegisterTriggerTypesParams {
  readonly types: readonly TriggerTypeSpec[];
}

/** Trigger types that the worker no longer implements. */
export interface UnregisterTriggerTypesParams {
  readonly ids: readonly string[];
}

/** Sent to the worker that implements a trigger type: the set of triggers of that type changed. */
export interface TriggersChangedParams {
  readonly type: string;
  readonly added: readonly TriggerSpec[];
  /** Ids of triggers added before. */
  readonly removed: readonly string[];
}

/** Triggers that could not be bound. */
export interface TriggersChangedResult {
  readonly rejected: readonly RegistrationRejection[];
}

/** Everything is registered. Answered once the registrations are live. */
export interface ReadyParams {
  readonly _?: never;
}

/** Triggers as bound: conflicts with other workers show here. */
export type ReadyResult = RegisterTriggersResult;

/** One call of a function. */
export interface InvokeParams {
  readonly functionId: string;
  /** Left out: no payload. In a raw frame whose part stands at `""`, the part is the payload. */
  readonly payload?: unknown;
  /** Names the call in logs, traces and nested calls. */
  readonly invocationId: string;
  /** Milliseconds left when the frame was written; clocks of the two sides are never compared. */
  readonly timeoutMs?: number;
  /** 1 for the first try. */
  readonly attempt?: number;
  /** Calls that this one is inside of. */
  readonly depth?: number;
  readonly idempotencyKey?: string;
  readonly trace?: TraceContext;
  readonly action?: InvokeAction;
  /** The invocation in whose handler this call was made; the engine inherits deadline, depth and trace from it. */
  readonly parentInvocationId?: string;
  /** Somebody records the call: the answer should tell `handlerMs`. */
  readonly timed?: boolean;
}

/** `error.data` of every application error (JSON-RPC code 1). */
export interface WireError {
  /** `MOTIA_<AREA>_<CONDITION>`. */
  readonly code: string;
  readonly message: string;
  /** What the reader can do about it. */
  readonly hint?: string;
  /** The same call may succeed later. */
  readonly retryable?: boolean;
  /** HTTP status where the error reaches an HTTP client. */
  readonly status?: number;
  readonly details?: unknown;
  /** Stack of the process where it was thrown. Never shown to HTTP clients. */
  readonly stack?: string;
}

/** One log record of a worker. */
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
  /** Where it came from. Default `logger`. */
  readonly source?: 'logger' | 'stdout' | 'stderr';
}

/** A batch of log records. */
export interface LogsEmitParams {
  readonly entries: readonly LogEntry[];
  /** Records lost since the last batch because the connection was full. */
  readonly dropped?: number;
}

/** OTLP/JSON export requests, passed on as they are. */
export interface TelemetryEmitParams {
  readonly signal: 'traces' | 'metrics' | 'logs';
  readonly otlp: unknown;
}

/** A reference to one end of a channel inside a payload. Each end can be claimed once. */
export interface ChannelRef {
  readonly channel_id: string;
  readonly access_key: string;
  readonly direction: 'read' | 'write';
}

/** Claims one end of a channel. */
export interface ChannelOpenParams {
  readonly channelId: string;
  readonly accessKey: string;
  readonly direction: 'read' | 'write';
}

/** The end is claimed. */
export interface ChannelOpenResult {
  /** Window: bytes that the writer may send before the reader grants more. */
  readonly creditBytes: number;
}

/** One frame of a channel: a text message, or a piece of a byte stream. Exactly one of `text`, `base64` or the frame's raw part. A frame uses up credit: its bytes (UTF-8 for text), an empty text 1. */
export interface ChannelWriteParams {
  readonly channelId: string;
  readonly text?: string;
  /** Bytes, for peers without raw frames. */
  readonly base64?: string;
  /** The text goes on in the next frame. Pieces are cut between characters. */
  readonly more?: boolean;
}

/** One end of a channel is closed. */
export interface ChannelCloseParams {
  readonly channelId: string;
  /** Why it ended early; the other end throws it. */
  readonly error?: WireError;
  /** The end that closed. Left out: the whole channel. */
  readonly direction?: 'read' | 'write';
}

/** The reader took this many bytes: the writer may send as many more. */
export interface ChannelCreditParams {
  readonly channelId: string;
  readonly bytes: number;
}

/** Names the call to cancel by the id of its request. */
export interface CancelParams {
  readonly id: string | number;
  /** Why, for people: the deadline passed, the client disconnected. At most 500 characters count. */
  readonly reason?: string;
}

/** A heartbeat. */
export interface PingParams {
  readonly _?: never;
}

/** How the peer is doing. */
export interface PingResult {
  readonly uptimeMs: number;
  /** Calls it is working on. */
  readonly inFlight: number;
  readonly eventLoopLagMs?: number;
  /** Bytes. */
  readonly memory?: { readonly rss: number; readonly heapUsed: number; readonly heapTotal?: number; readonly external?: number };
  /** Time on the processor since the start, in microseconds. */
  readonly cpu?: { readonly userMicros: number; readonly systemMicros: number };
}

/** Finish what is in flight, take nothing new. */
export interface DrainParams {
  /** Milliseconds that the worker has. */
  readonly deadlineMs: number;
}

/** The worker is idle, or its time is up. */
export interface DrainResult {
  /** Calls that were not finished. */
  readonly inFlight: number;
}

/** Exit 0 now. */
export interface ShutdownParams {
  readonly reason: string;
}

/** Requests by method: params and result. */
export interface RequestMap {
  /** worker → engine. Opens the conversation: who the worker is, which version and which options both sides use. */
  'initialize': { params: InitializeParams; result: InitializeResult };
  /** worker → engine. Offers functions. Before `ready` they wait; after it they are live when answered. */
  'functions/register': { params: RegisterFunctionsParams; result: RegisterResult };
  /** worker → engine. Takes functions back. Calls in flight are answered. */
  'functions/unregister': { params: UnregisterFunctionsParams; result: RegisterResult };
  /** worker → engine. Asks for triggers. A config that its type refuses is rejected here. */
  'triggers/register': { params: RegisterTriggersParams; result: RegisterTriggersResult };
  /** worker → engine. Gives triggers back. */
  'triggers/unregister': { params: UnregisterTriggersParams; result: RegisterResult };
  /** worker → engine. Offers kinds of triggers that the worker implements. */
  'triggerTypes/register': { params: RegisterTriggerTypesParams; result: RegisterResult };
  /** worker → engine. Takes kinds of triggers back; their triggers are parked. */
  'triggerTypes/unregister': { params: UnregisterTriggerTypesParams; result: RegisterResult };
  /** engine → worker. Tells the worker that implements a trigger type which triggers came and went. */
  'triggers/changed': { params: TriggersChangedParams; result: TriggersChangedResult };
  /** worker → engine. All registrations of this worker are made. Answered when they are live. */
  'ready': { params: ReadyParams; result: ReadyResult };
  /** both directions. Calls a function: the engine a worker's, or a worker any function through the engine. Sent without id for `action: void`: nothing is answered then. */
  'functions/invoke': { params: InvokeParams; result: unknown };
  /** worker → engine. Claims one end of a channel whose reference came in a payload. */
  'channels/open': { params: ChannelOpenParams; result: ChannelOpenResult };
  /** both directions. Heartbeat. A worker that answers none for three intervals is closed as hung. */
  'ping': { params: PingParams; result: PingResult };
  /** both directions. Engine to worker: finish your calls. Worker to engine: I leave, send me no more calls. Answered when none is left, or at the deadline. */
  'drain': { params: DrainParams; result: DrainResult };
}

/** Notifications by method: their params. */
export interface NotificationMap {
  /** both directions. Calls a function: the engine a worker's, or a worker any function through the engine. Sent without id for `action: void`: nothing is answered then. */
  'functions/invoke': InvokeParams;
  /** worker → engine. Log records of handlers and of the process. */
  'logs/emit': LogsEmitParams;
  /** worker → engine. Traces, metrics and logs that the SDK collected. */
  'telemetry/emit': TelemetryEmitParams;
  /** both directions. Carries a frame from the writing end to the reading end. */
  'channels/write': ChannelWriteParams;
  /** both directions. Ends a channel: the writer after its last frame, the reader when it wants no more. */
  'channels/close': ChannelCloseParams;
  /** both directions. Lets the writer send more. */
  'channels/credit': ChannelCreditParams;
  /** engine → worker. Asks a worker to exit. */
  'shutdown': ShutdownParams;
}

export type RequestMethod = keyof RequestMap;
export type NotificationMethod = keyof NotificationMap;
