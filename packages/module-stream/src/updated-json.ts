import { applyUpdateOps, type CheckedUpdateOp } from '@motia/update-ops';
import { streamErrors } from './errors.js';

/** An item after operations, as JSON text. @param current undefined when there is none. @throws `MOTIA_STREAM_UPDATE_REFUSED`, `MOTIA_STREAM_VALUE_TOO_LARGE` */
export function updatedJson(ops: readonly CheckedUpdateOp[], current: unknown, limitBytes: number): string {
  const outcome = applyUpdateOps(current, ops);
  if (!outcome.ok) {
    const { code, message, opIndex } = outcome.problem;
    throw streamErrors.UPDATE_REFUSED({ code, problem: message, ...(opIndex === undefined ? {} : { opIndex }), legacyCode: 'STREAM_UPDATE_ERROR' });
  }
  const json = JSON.stringify(outcome.value);
  const bytes = Buffer.byteLength(json);
  if (bytes > limitBytes) throw streamErrors.VALUE_TOO_LARGE({ bytes, limitBytes, legacyCode: 'STREAM_UPDATE_ERROR' });
  return json;
}
