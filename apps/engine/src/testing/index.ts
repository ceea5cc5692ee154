/** What `motia/testing` runs Steps on; also for tests of an engine with its standard modules. */
export { ManualClock, memoryLogger, startTestHost } from '@motia/engine-core/testing';
export type { MemoryLogger, TestHost, TestHostOptions } from '@motia/engine-core/testing';
export { defaultModules } from '../standard-modules.js';
export { importBesideEngine } from '../import-beside-engine.js';
