export { StreamModule as default, StreamModule, stream } from './module.js';
export type { StreamInput, StreamOptions } from './options.js';
export { streamErrors } from './errors.js';
