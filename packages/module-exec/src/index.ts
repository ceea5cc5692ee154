export { ExecModule as default, ExecModule, exec } from './module.js';
export { execErrors } from './errors.js';
export type { ExecModuleInput, ExecModuleOptions } from './options.js';
