export { streamStoreConformance } from './stream-store-conformance.js';
export type { StreamStoreConformanceOptions } from './stream-store-conformance.js';
