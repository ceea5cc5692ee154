export { defineOptions, noOptions } from './options/define-options.js';
export { engineErrors, formatConfigProblem } from './errors.js';
export type { ConfigProblem } from './errors.js';
