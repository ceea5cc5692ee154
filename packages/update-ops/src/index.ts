export { applyUpdateOps, updateValue } from './apply-update-ops.js';
export type { UpdateOutcome } from './apply-update-ops.js';
export { toJsonValue } from './json-value.js';
export type { JsonValueProblem, JsonValueResult } from './json-value.js';
export { parseUpdateOps } from './parse-update-ops.js';
export type { ParsedUpdateOps } from './parse-update-ops.js';
export { forbiddenKeys, updateLimits } from './update-op.js';
export type { CheckedUpdateOp, UpdateOp, UpdateOpType, UpdatePath, UpdateProblem } from './update-op.js';
/** Version of this package, as in package.json. */
export const updateOpsVersion = '0.1.0';
