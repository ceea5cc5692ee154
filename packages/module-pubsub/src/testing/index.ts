export { messageBusConformance } from './message-bus-conformance.js';
export type { MessageBusConformanceOptions } from './message-bus-conformance.js';
