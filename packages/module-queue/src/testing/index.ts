export { jobStoreConformance } from './job-store-conformance.js';
export type { JobStoreConformanceOptions } from './job-store-conformance.js';
