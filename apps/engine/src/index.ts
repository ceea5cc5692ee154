export { runEngine } from './run-engine.js';
export type { RunEngineOptions } from './run-engine.js';
export type { DefaultModulesOptions } from './standard-modules.js';
export { defaultModules, importBesideEngine, schemaOf, standardModules } from './standard-modules.js';
export { version } from './version.js';
