export { defineRef } from './ref.js';
export type { OptionalValues, Ref, Refs, Values } from './ref.js';
export type { OptionProblem, OptionsSchema } from './options.js';
export { defineAdapter } from './adapter.js';
export type { AdapterDefinition, AdapterSlot, AnyAdapterDefinition, PluginChoice } from './adapter.js';
export { CONTRACT_VERSION, defineModule, moduleFactory } from './module.js';
export type { AnyModuleDefinition, Lifecycle, ModuleDefinition, ModuleUse, PluginContext } from './module.js';
export type { ConfigReport, ConfiguredModule, ConfigView, OptionOrigin } from './config.js';
export type { Clock, Hold, Timer } from './clock.js';
export type { Logger, LogFields, LogLevel, LogRecord, LogSink } from './logger.js';
export type {
  FunctionHandler, FunctionInfo, FunctionRegistry, FunctionStats, Invocation, InvocationContext, InvokeOptions, Registration,
} from './functions.js';
export type {
  ConditionOutcome, Trigger, TriggerChange, TriggerInfo, TriggerRegistry, TriggerRejections, TriggerTypeDefinition,
} from './triggers.js';
export type { AttachOptions, RunningCall, WorkerClosure, WorkerHandle, WorkerInfo, WorkerRegistry, WorkerState, WorkerVitals } from './workers.js';
export type { ChannelChunk, ChannelHub, ChannelPair, ChannelReader, ChannelWriter } from './channels.js';
export type { HealthReport, HealthReporter, HealthStatus, HealthView } from './health.js';
export { SecretRulesRef, TelemetrySinkRef } from './telemetry.js';
export type {
  ConsoleLines, Counter, Histogram, InstrumentOptions, Measurement, Meter, OpenSpan, SecretRules, SpanAttributes, SpanEnd, SpanKind, SpanOptions, Telemetry, TelemetrySink,
} from './telemetry.js';
export { defineStoreProgram, StorePoolRef } from './services/store.js';
export type {
  SqlValue, StoreCommand, StoreCommandContext, StoreDurability, StoreHandle, StoreMemory, StoreMigration, StorePool, StoreProgram, StoreQuery, StoreRequest, StoreService, StoreSql, StoreTransaction,
  TransactionParticipant,
} from './services/store.js';
export { StateServiceRef } from './services/state.js';
export type { ChangeOptions, ChangeOrigin, StateChange, StateEntry, StateService, StateWriteOptions } from './services/state.js';
export { StreamServiceRef } from './services/stream.js';
export type { StreamChange, StreamItemAddress, StreamService } from './services/stream.js';
export { QueueServiceRef } from './services/queue.js';
export type { QueueEnqueueOptions, QueueMessage, QueueReceipt, QueueRunState, QueueRunStatus, QueueService } from './services/queue.js';
export { CronServiceRef } from './services/cron.js';
export type { CronJobInfo, CronService } from './services/cron.js';
export { ConsoleServiceRef } from './services/console.js';
export type { ConsoleService } from './services/console.js';
export { PubSubServiceRef } from './services/pubsub.js';
export type { PubSubService } from './services/pubsub.js';
export { EnqueueRouterRef } from './services/enqueue.js';
export type { EnqueuedCall, EnqueueRouter } from './services/enqueue.js';
export { RestServiceRef } from './services/rest.js';
export type { RestService } from './services/rest.js';
export { ProcessServiceRef } from './services/processes.js';
export type { ProcessService, ProcessState } from './services/processes.js';
export { WorkerListenerRef } from './services/worker-listener.js';
export type { TokenRotated, TokenRotation, WorkerListener } from './services/worker-listener.js';
export { defineErrors, InFlightMap, isMotiaError, isWireValue, messageOf, MotiaError, nodeStreamTransport, scanJson, WireValue } from '@motia/protocol';
export type { ChannelRef, ErrorEntry, FunctionSpec, InvokeAction, JsonProblem, JsonSchema, RawPart, TraceContext, Transport, WireError } from '@motia/protocol';
