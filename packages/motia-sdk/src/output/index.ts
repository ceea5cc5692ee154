export { installOutputCapture } from './output-capture.js';
export type { OutputCapture, OutputCaptureOptions, OutputScope, ScopeOutput } from './output-capture.js';
export type { OutputLimits } from './output-budget.js';
