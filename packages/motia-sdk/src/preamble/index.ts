export { enter } from './enter.js';
export type { EntryDescription } from './enter.js';
export { loadApp } from './load-app.js';
export type { AppModules, LoadedApp, LoadedModule, ModuleEntry } from './load-app.js';
