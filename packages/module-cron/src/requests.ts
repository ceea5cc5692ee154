import { Type } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import { isMotiaError, type OptionProblem, type OptionsSchema } from '@motia/engine-core/contract';
import { cronErrors } from './errors.js';
import { scheduleKeys, type ScheduleKeys } from './schedule-keys.js';

const jobId = Type.String({ minLength: 1, maxLength: 256, description: 'Id of the job: of a trigger in code the id of the trigger, else as `cron::schedule` answered it.' });
/** Data beyond this belongs into the state, and its key into the job. Less than a queue takes, since more goes with it. */
export const mostDataBytes = 131_072;
const mostRuns = 100;

export interface ScheduleRequest extends ScheduleKeys {
  readonly function_id: string;
  readonly job_id?: string;
  readonly delay_ms?: number;
  readonly delayMs?: number;
  readonly data?: unknown;
}
export const scheduleRequest = defineOptions(
  Type.Object({
    function_id: Type.String({ minLength: 1, maxLength: 512, description: 'The function to run.' }),
    job_id: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'A name of your own; the same name again replaces the job, unless it is what it was. Default: a new id.' })),
    ...scheduleKeys,
    delay_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_155_760_000_000, unit: 'ms', description: 'Once, so long from now. Instead of `at`.' })),
    delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_155_760_000_000, unit: 'ms', description: 'As `delay_ms`.' })),
    data: Type.Optional(Type.Unknown({ description: 'Handed over with every run, as `data`. At most 128 KiB of JSON.' })),
  }),
) as unknown as OptionsSchema<ScheduleRequest>;

export const jobRequest = defineOptions(Type.Object({ job_id: jobId }));
export const listRequest = defineOptions(Type.Object({ function_id: Type.Optional(Type.String({ minLength: 1, description: 'Only jobs of this function.' })) }));
export const historyRequest = defineOptions(
  Type.Object({
    job_id: Type.Optional(jobId),
    limit: Type.Integer({ default: 20, minimum: 1, maximum: mostRuns, description: 'Runs at most.' }),
    before: Type.Optional(Type.String({ description: 'Only runs of earlier slots, RFC 3339: `next` of the answer before.' })),
  }),
);
export const backfillRequest = defineOptions(
  Type.Object({
    job_id: jobId,
    from: Type.String({ description: 'The first slot, RFC 3339: at most 30 days ago.' }),
    to: Type.Optional(Type.String({ description: 'The last slot, RFC 3339. Default now.' })),
    dry_run: Type.Boolean({ default: false, description: 'Only tells which slots would run.' }),
  }),
);
export const previewRequest = defineOptions(
  Type.Object({
    expression: Type.String({ description: 'Seven fields; six and five are accepted.' }),
    timezone: Type.Optional(Type.String({ description: 'IANA name. Default UTC.' })),
    from: Type.Optional(Type.String({ description: 'RFC 3339. Default now.' })),
    count: Type.Integer({ default: 10, minimum: 1, maximum: mostRuns, description: 'Slots at most.' }),
  }),
);

/** JSON Schema of a request, for lists of functions. */
export function schemaOf(request: OptionsSchema<unknown>): Readonly<Record<string, unknown>> {
  return request.jsonSchema;
}

/** Checks a payload. @throws `MOTIA_CRON_INVALID_REQUEST` naming what is wrong with it */
export function readRequest<T>(functionId: string, request: OptionsSchema<T>, payload: unknown): T {
  try {
    return request.parse(payload);
  } catch (error) {
    if (!isMotiaError(error, 'MOTIA_ENGINE_OPTIONS_INVALID')) throw error;
    const { problems } = error.details as { readonly problems: readonly OptionProblem[] };
    const said = problems.map(({ pointer, problem, suggestion }) => `${pointer === '' ? 'the payload' : `\`${pointer.slice(1)}\``} ${problem}${suggestion === undefined ? '' : ` (did you mean \`${suggestion}\`?)`}`);
    throw cronErrors.INVALID_REQUEST({ functionId, problem: said.join('; ') }, error);
  }
}

