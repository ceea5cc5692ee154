export { StateModule as default, StateModule, state } from './module.js';
export type { StateInput, StateOptions } from './options.js';
export { stateErrors } from './errors.js';
