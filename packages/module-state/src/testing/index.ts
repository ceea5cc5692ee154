export { PlainState } from './plain-state.js';
export type { PlainChange } from './plain-state.js';
export { startStateEngine } from './state-engine.js';
export type { StateEngine, StateEvent, StateStoreSubject, Watcher } from './state-engine.js';
export { stateStoreConformance } from './state-store-conformance.js';
export type { StateStoreConformanceOptions } from './state-store-conformance.js';
export { seededRandom, walkState } from './state-walk.js';
export type { WalkStep } from './state-walk.js';
