export { runEngine } from './run-engine.js';
export type { RunEngineOptions } from './run-engine.js';
