import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChannelReader, ChannelRef, ChannelWriter, LogEntry, TraceContext } from '@motia/protocol';
import { Registrations } from '../instance/registrations.js';
import type { ScopeOutput } from '../output/index.js';
import type { InvokeCallOptions } from '../steps/flow-context.js';
import type { SpanData } from '../telemetry/span-data.js';
import type { SpanIdentity } from '../telemetry/trace-ids.js';

/** The call that the running code belongs to. Read by the output capture and by the standalone functions. */
export interface InvocationScope {
  readonly invocationId: string;
  readonly functionId: string;
  readonly traceId: string;
  readonly spanId: string;
  /** As it came: what calls made from here carry on. */
  readonly trace: TraceContext | undefined;
  /** Somebody keeps the spans of this call. */
  readonly isRecorded: boolean;
  /** Aborts when nobody waits for the call any more. */
  readonly signal: AbortSignal;
  /** Runs when the call has ended; at once when it has already. */
  afterCall(listener: () => void): void;
  /** Belongs to the output capture. */
  output: ScopeOutput | undefined;
  /** The connection that this call came through. */
  readonly connection: EngineConnection;
}

/** What this process can ask of the engine. */
export interface EngineConnection {
  /** Calls a function of the engine, on behalf of `scope` when one is given. */
  invoke(scope: InvocationScope | undefined, functionId: string, payload: unknown, options?: TracedCallOptions): Promise<unknown>;
  /** Adds an entry to the batch of this turn. Never throws. */
  log(entry: LogEntry): void;
  /** False while nobody keeps telemetry: spans need not be made. */
  readonly takesTelemetry: boolean;
  /** Adds a span that has ended to the next batch. Never throws, never waits. */
  recordSpan(span: SpanData): void;
  /** Claims an end of a channel. @throws MotiaError of the engine: unknown, or claimed already */
  openReader(ref: ChannelRef): Promise<ChannelReader>;
  openWriter(ref: ChannelRef): Promise<ChannelWriter>;
  /** Called when this process is to finish: what would never end by itself ends then. Gives the way to take it back. */
  onDraining(listener: () => void): () => void;
  /** Ends the connection from this side. */
  close(): Promise<void>;
}

/** A call whose span is known already. */
export interface TracedCallOptions extends InvokeCallOptions {
  /** Default: what is active where the call is made. */
  readonly trace?: TraceContext;
}

/** The OpenTelemetry API of the app, as far as handlers run with it. */
export interface OpenTelemetryHooks {
  /** The span that a library has made active inside this call. */
  activeSpan(scope: InvocationScope): SpanIdentity | undefined;
  /** Runs a call so that a context manager of the app's own finds its trace; undefined when that is not needed. */
  readonly around: (<T>(scope: InvocationScope, run: () => T) => T) | undefined;
}

interface SharedState {
  readonly storage: AsyncLocalStorage<InvocationScope>;
  connection: EngineConnection | undefined;
  openTelemetry: OpenTelemetryHooks | undefined;
  /** What the program registers itself, beside its Steps. */
  readonly registrations: Registrations;
  /** What `initIII()` was given. */
  otelConfig: unknown;
  /** Who connects this process: its app, or the instance for a program that has none. */
  servedBy: 'nobody' | 'instance' | 'app';
  /** Entries written before there was a connection. */
  readonly early: LogEntry[];
}

const earlyLimit = 1000;
const key = Symbol.for('motia.sdk.shared');
const holder = globalThis as { [key]?: SharedState };

/** One per process, whichever copy of the package (ESM, CJS, a second install) asks. */
export const shared: SharedState = (holder[key] ??= { storage: new AsyncLocalStorage<InvocationScope>(), connection: undefined, openTelemetry: undefined, registrations: new Registrations(), otelConfig: undefined, servedBy: 'nobody', early: [] });

/** The scope of the running handler, if there is one. */
export function currentScope(): InvocationScope | undefined {
  return shared.storage.getStore();
}

/** The connection of the running handler, else that of the process. */
export function currentConnection(): EngineConnection | undefined {
  return shared.storage.getStore()?.connection ?? shared.connection;
}

/** Makes a connection that of the process and hands it what was logged before. */
export function setProcessConnection(connection: EngineConnection): void {
  shared.connection = connection;
  for (const entry of shared.early.splice(0)) connection.log(entry);
}

/** Takes a connection back, unless another one has taken its place. */
export function unsetProcessConnection(connection: EngineConnection): void {
  if (shared.connection === connection) shared.connection = undefined;
}

/** Sends a log entry, or keeps it until there is a connection: at most 1000, the oldest go first. */
export function emitLog(entry: LogEntry): void {
  const connection = currentConnection();
  if (connection !== undefined) connection.log(entry);
  else keep(entry);
}

/** For an entry whose own connection has ended: the one of the process takes it, or the next. */
export function logLater(entry: LogEntry): void {
  if (shared.connection !== undefined) shared.connection.log(entry);
  else keep(entry);
}

function keep(entry: LogEntry): void {
  if (shared.early.length >= earlyLimit) shared.early.shift();
  shared.early.push(entry);
}
