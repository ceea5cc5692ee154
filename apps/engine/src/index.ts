export { runEngine } from './run-engine.js';
export type { RunEngineOptions } from './run-engine.js';
export type { DefaultModulesOptions } from './standard-modules.js';
export { defaultModules, schemaOf, standardModules } from './standard-modules.js';
export { importBesideEngine } from './import-beside-engine.js';
export { version } from './version.js';
