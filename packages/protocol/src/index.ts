export { PROTOCOL_VERSION } from './generated/messages.js';
export type {
  CancelParams, Capabilities, ChannelCloseParams, ChannelCreditParams, ChannelOpenParams, ChannelRef, ChannelWriteParams, DrainParams, DrainResult,
  FunctionSpec, InitializeParams, InitializeResult, InvokeAction, InvokeParams, JsonSchema, Limits, LogEntry, LogsEmitParams, NotificationMap,
  NotificationMethod, PingParams, PingResult, ReadyParams, ReadyResult, RegisterFunctionsParams, RegisterResult, RegisterTriggersParams,
  RegisterTriggersResult, RegisterTriggerTypesParams, RegistrationRejection, RequestMap, RequestMethod, ShutdownParams, TelemetryEmitParams, TraceContext,
  TriggersChangedParams, TriggersChangedResult, TriggerSpec, TriggerTypeSpec, UnregisterFunctionsParams, UnregisterTriggersParams,
  UnregisterTriggerTypesParams, WireError,
} from './generated/messages.js';
export { isWireValue, rawPartToValue, WireValue } from './wire-value.js';
export type { RawForm, RawPart, RawPointer } from './wire-value.js';
export { defineErrors, fromWireError, isMotiaError, MotiaError } from './errors.js';
export type { ErrorArea, ErrorCatalog, ErrorEntry, ErrorFactories, MotiaErrorInit } from './errors.js';
export type { Transport } from './transport.js';
export type {
  Endpoint, EndpointCounters, EndpointEvents, EndpointLimits, EndpointRole, IncomingInvoke, InvokeHandler, OutgoingInvoke,
} from './endpoint.js';
