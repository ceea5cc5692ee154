export { run } from './run.js';
export type { RunOptions, RunOutcome } from './run.js';
export { serve } from './serve.js';
export type { ServedApp, ServeOptions } from './serve.js';
export type { LoadedApp, LoadedModule } from './loaded-module.js';
export type { RegistrationReport } from './register-app.js';
export type { WorkerEnd } from './sdk-worker.js';
export { currentScope } from '../context/invocation-scope.js';
export type { InvocationScope } from '../context/invocation-scope.js';
