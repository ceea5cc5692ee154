export { step } from './steps/step.js';
export type { StepBuilder, StepDefinition } from './steps/step.js';
export { multiTriggerStep } from './steps/multi-trigger-step.js';
export type { MultiTriggerStepBuilder, TriggerHandlers } from './steps/multi-trigger-step.js';
export { api, cron, http, httpMiddleware, log, queue, state, stream, subscribe } from './steps/triggers.js';
export type { HttpOptions, QueueOptions } from './steps/triggers.js';
export {
  getApiTriggers, getCronTriggers, getHttpTriggers, getLogTriggers, getQueueTriggers, getStateTriggers, getStreamTriggers, getSubscribeTriggers,
  isApiTrigger, isCronTrigger, isHttpMiddlewareTrigger, isHttpTrigger, isLogTrigger, isQueueTrigger, isStateTrigger, isStreamTrigger, isSubscribeTrigger,
} from './steps/trigger-guards.js';
export { NonRetryable } from './steps/non-retryable.js';
export type { NonRetryableOptions } from './steps/non-retryable.js';
export { RetryAfter } from './steps/retry-after.js';
export { generateStepId } from './steps/step-id.js';
export type {
  ApiRouteMethod, ApiTrigger, Enqueue, FileRule, HttpMiddlewareTrigger, IdempotencyOptions, LogTrigger, QueryParam, QueueTrigger, RespondMode, StateTrigger, Step, StepConfig,
  StreamTrigger, SubscribeTrigger, TriggerConfig, TriggerType,
} from './steps/step-config.js';
export type { InfrastructureConfig, QueueConfig } from './steps/queue-config.js';
export type { CronCatchUp, CronOptions, CronOverlap, CronTrigger, OneOffTrigger } from './steps/cron-trigger.js';
export type {
  ContextOf, Handlers, InferEnqueues, InferHandlerInput, InferHandlerResult, InputsOf, StepHandler, TriggerCondition,
} from './steps/handlers.js';
export type { ApiMiddleware, ApiMiddleware as Middleware, NextMiddleware } from './steps/middleware.js';
export type {
  AnyInputs, DataOf, EnqueueData, EnqueueOptions, Enqueuer, EnqueueReceipt, Enqueues, FlowContext, InputsByShape, InvokeCallOptions, MatchHandlers, Streams, StreamsByName, TriggerInfo, TriggerInputs,
} from './steps/flow-context.js';
export type { PathParams } from './steps/path-params.js';
export type { CronTriggerInput, LogTriggerInput, StateTriggerInput, StreamEvent, StreamTriggerInput } from './steps/trigger-input.js';
export type { ApiRequest, ApiResponse, HeaderValues, MotiaHttpArgs, MotiaHttpRequest, MotiaHttpResponse, QueryValues } from './http/http-message.js';
export type { HttpMiddlewareInput, HttpMiddlewareRequest, HttpMiddlewareResult } from './http/http-middleware.js';
export type { ByteStream } from './http/byte-stream.js';
export type { UploadedFile } from './http/uploaded-files.js';
export { sse } from './http/sse.js';
export type { SseListener, SseOptions, SseResponse, SseSource } from './http/sse.js';
export type { SseEvent } from './http/event-text.js';
export { jsonSchema } from './schema/json-form.js';
export type { JsonSchemaObject, StandardSchema, StepSchemaInput, TypedJsonSchema } from './schema/standard-schema.js';
export type { FromJsonSchema, InferSchema, InferSchemaInput } from './schema/infer-schema.js';
export { Logger, logger } from './context/logger.js';
export { enqueue, publish } from './context/enqueue.js';
export { StateManager, stateManager } from './context/state-store.js';
export type { StateChange, StateEntry, StateHistory, StateHistoryEntry, StateHistoryOptions, StateListOptions, StatePage, StateWriteOptions } from './context/state-entry.js';
export { defineStream, Stream } from './context/stream.js';
export type { DataOfStream, StreamDefinition, StreamOf } from './context/stream.js';
export type { StreamChange, StreamChannel, StreamItem, StreamListOptions, StreamPage } from './context/stream-item.js';
export type { Committed, PendingChange } from './context/pending-change.js';
export type { Transaction, TransactionState, TransactionStream } from './context/transaction.js';
export type { AuthenticateStream, StreamAuthContext, StreamAuthInput, StreamAuthResult, StreamConfig, StreamJoinResult, StreamSubscription } from './context/stream-config.js';
export type { SetResult, UpdateOp, UpdatePath } from './context/update-op.js';
export type { OtelConfig, OtelInstrumentation } from './telemetry/otel-config.js';
export { sdkErrors } from './errors.js';
export type { InputProblem } from './errors.js';
export { Motia } from './runtime/motia.js';
export { getInstance, initIII } from './runtime/get-instance.js';
export { setupStepEndpoint } from './instance/step-endpoint.js';
export { ChannelReader } from './instance/channel-reader.js';
export { ChannelWriter } from './instance/channel-writer.js';
export type { Channel, CustomStream, IIISdk, RegisterFunctionInput, RegisterTriggerInput, TriggerRequest } from './instance/iii-sdk.js';
export type { TriggerTypeHandler } from './instance/registrations.js';
export { isMotiaError, MotiaError } from '@motia/protocol';
