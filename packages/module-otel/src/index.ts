export { OtelModule as default, OtelModule, otel } from './module.js';
export type { OtelInput, OtelOptions } from './options.js';
export { otelErrors } from './errors.js';
