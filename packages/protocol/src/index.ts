export { PROTOCOL_VERSION } from './generated/messages.js';
export type {
  CancelParams, Capabilities, ChannelCloseParams, ChannelCreditParams, ChannelOpenParams, ChannelOpenResult, ChannelRef, ChannelWriteParams, DrainParams, DrainResult,
  FunctionSpec, InitializeParams, InitializeResult, InvokeAction, InvokeParams, JsonSchema, Limits, LogEntry, LogsEmitParams, NotificationMap,
  NotificationMethod, PingParams, PingResult, ReadyParams, ReadyResult, RegisterFunctionsParams, RegisterResult, RegisterTriggersParams,
  RegisterTriggersResult, RegisterTriggerTypesParams, RegistrationRejection, RequestMap, RequestMethod, ShutdownParams, TelemetryEmitParams, TraceContext,
  TriggersChangedParams, TriggersChangedResult, TriggerSpec, TriggerTypeSpec, UnregisterFunctionsParams, UnregisterTriggersParams,
  UnregisterTriggerTypesParams, WireError,
} from './generated/messages.js';
export { InFlightMap } from './in-flight-map.js';
export { isWireValue, rawPartToValue, WireValue } from './wire-value.js';
export type { RawForm, RawPart, RawPointer } from './wire-value.js';
export { defineErrors, fromWireError, isMotiaError, messageOf, MotiaError } from './errors.js';
export type { ErrorArea, ErrorCatalog, ErrorEntry, ErrorFactories, MotiaErrorInit } from './errors.js';
export type { Transport } from './transport.js';
export type {
  Endpoint, EndpointCounters, EndpointEvents, EndpointLimits, EndpointRole, IncomingInvoke, InvokeHandler, OutgoingInvoke,
} from './endpoint.js';
export { createEndpoint, DEFAULT_ENDPOINT_LIMITS } from './endpoint/create-endpoint.js';
export type { EndpointOptions } from './endpoint/create-endpoint.js';
export { JsonRpcCode, ProtocolErrors } from './protocol-errors.js';
export { nodeStreamTransport } from './transports/node-stream-transport.js';
export { fdTransport } from './transports/fd-transport.js';
export type { FdTransportOptions } from './transports/fd-transport.js';
export { createMemoryTransportPair } from './transports/memory-transport.js';
export type { MemoryTransportOptions } from './transports/memory-transport.js';
export { negotiate } from './negotiation.js';
export type { ProtocolAgreement, ProtocolOffer } from './negotiation.js';
export { parseGuardedJson, scanJson } from './guarded-json.js';
export type { GuardedJson, JsonGuards, JsonProblem } from './guarded-json.js';
export { createChannelClient } from './channels/channel-client.js';
export type { ChannelClient } from './channels/channel-client.js';
export { creditCost, readChannelData } from './channels/channel-data.js';
export type { ChannelData } from './channels/channel-data.js';
export { ChannelReader, MAX_CHANNEL_TEXT_BYTES } from './channels/channel-reader.js';
export type { ChannelReaderOptions, ChannelReaderPort } from './channels/channel-reader.js';
export { ChannelWriter, MAX_CHANNEL_FRAME_BYTES } from './channels/channel-writer.js';
export type { ChannelWriterOptions, ChannelWriterPort } from './channels/channel-writer.js';
