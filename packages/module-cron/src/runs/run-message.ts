import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import { messageOf } from '@motia/engine-core/contract';
import { cronErrors } from '../errors.js';

/** What a message carries: enough to make the run in any engine, whatever it knows of the job. */
const runMessageSchema = Type.Object({
  jobId: Type.String({ minLength: 1 }),
  scheduledAtMs: Type.Integer(),
  functionId: Type.String({ minLength: 1 }),
  conditionFunctionId: Type.Optional(Type.String({ minLength: 1 })),
  timeoutMs: Type.Integer({ minimum: 1 }),
  data: Type.Optional(Type.Unknown()),
});
export type RunMessage = Static<typeof runMessageSchema>;

const runMessage = defineOptions(runMessageSchema);

/** @throws `MOTIA_CRON_INVALID_REQUEST` */
export function readMessage(payload: unknown): RunMessage {
  try {
    return runMessage.parse(payload);
  } catch (error) {
    throw cronErrors.INVALID_REQUEST({ functionId: 'engine::cron::run', problem: messageOf(error).replace(/\.$/, '') }, error);
  }
}
