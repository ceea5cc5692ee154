export { RestModule as default, RestModule, rest } from './module.js';
export type { RestInput, RestOptions } from './options.js';
export type { HttpTriggerConfig } from './trigger-schema.js';
export { restErrors } from './errors.js';
export type { InputProblem, RouteOwner } from './errors.js';
