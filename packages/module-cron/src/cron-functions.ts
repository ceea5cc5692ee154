import { randomUUID } from 'node:crypto';
import { inTrace, nearestNames } from '@motia/engine-core';
import type { Clock, FunctionRegistry, InvocationContext, Logger, Registration, StorePool, StoreTransaction } from '@motia/engine-core/contract';
import type { CronStore } from './cron-store.js';
import { cronErrors } from './errors.js';
import type { JobBook } from './job-book.js';
import { parseInstant } from './job-spec.js';
import { backfillRequest, historyRequest, jobRequest, listRequest, mostDataBytes, previewRequest, readRequest, scheduleRequest, schemaOf, type ScheduleRequest } from './requests.js';
import { rfc3339 } from './rfc3339.js';
import { parseSchedule, slotsBetween } from './schedule/schedule.js';
import { readSpec } from './schedule-keys.js';
import type { ScheduledJobs } from './scheduled-jobs.js';
import type { Scheduler } from './scheduler.js';
import { showJob, showRun } from './views.js';

export interface CronFunctionsParts {
  readonly functions: FunctionRegistry;
  readonly scheduler: Scheduler;
  readonly scheduled: ScheduledJobs;
  readonly store: CronStore;
  readonly book: JobBook;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly canTransact: boolean;
  readonly stores: StorePool | undefined;
}
type BackfillInput = ReturnType<typeof backfillRequest.parse>;
type Answer = Readonly<Record<string, unknown>>;

/** Ids of jobs in code begin so, and no other ids may. */
const triggerPrefix = 'trg_';

/** Registers these functions, of which `cron::schedule` and `cron::cancel` can be part of a transaction: `cron::schedule`, `cancel`, `list`, `run_now`, `backfill`, `pause`, `resume`, `history` and `preview`. */
export function registerCronFunctions(parts: CronFunctionsParts): readonly Registration[] {
  const { functions, scheduler, store, book, clock } = parts;

  const register = <T>(id: string, description: string, [request, answer]: readonly [Parameters<typeof readRequest<T>>[1], (input: T, call: InvocationContext) => Promise<Answer>]): Registration =>
    functions.register({ id, description, requestSchema: schemaOf(request) }, (payload, call) => answer(readRequest(id, request, payload), call));

  return [
    register('cron::schedule', 'Makes a job: once (`at`, `delay_ms`) or over and over (`expression`)', [scheduleRequest, (input) => schedule(parts, input)]),
    register('cron::cancel', 'Removes a job that `cron::schedule` made', [jobRequest, (input) => cancel(parts, input.job_id)]),
    register('cron::list', 'Jobs with their next and last runs', [listRequest, async ({ function_id: functionId }) => {
      const nowMs = clock.now();
      const states = (await scheduler.states()).filter((state) => functionId === undefined || state.functionId === functionId);
      return { jobs: states.map((state) => showJob(state, book.get(state.jobId), nowMs)) };
    }]),
    register('cron::run_now', 'Runs a job now, beside its schedule', [jobRequest, async ({ job_id: jobId }, { trace }) => ({ job_id: jobId, scheduled_time: rfc3339(await scheduler.startNow(jobId, trace)) })]),
    register('cron::backfill', 'Runs slots of a range that have not run: one after the other, each of them once', [backfillRequest, (input, call) => backfill(parts, input, call)]),
    register('cron::pause', 'Leaves out the slots of a job until it is resumed', [jobRequest, async ({ job_id: jobId }) => {
      await scheduler.pause(jobId);
      return { job_id: jobId, is_paused: true };
    }]),
    register('cron::resume', 'Lets a paused job go on from now', [jobRequest, async ({ job_id: jobId }) => {
      await scheduler.resume(jobId);
      return { job_id: jobId, is_paused: false };
    }]),
    register('cron::history', 'Runs, newest first: what became of each slot', [historyRequest, async ({ job_id: jobId, limit, before }) => {
      const runs = await store.history({ limit, ...(jobId === undefined ? {} : { jobId }), ...(before === undefined ? {} : { beforeMs: parseInstant('before', before) }) });
      const last = runs.length === limit ? runs.at(-1) : undefined;
      return { runs: runs.map(showRun), next: last === undefined ? null : rfc3339(last.scheduledAtMs) };
    }]),
    register('cron::preview', 'Slots that an expression gives', [previewRequest, async ({ expression, timezone, from, count }) => {
      const afterMs = from === undefined ? clock.now() : parseInstant('from', from) - 1;
      const read = parseSchedule({ expression, timezone }, afterMs);
      return { expression: read.expression, timezone: read.timezone, runs: slotsBetween(read, { afterMs, untilMs: Infinity, limit: count }).map(rfc3339) };
    }]),
    ...joinTransactions(parts),
  ];
}

/** Lets jobs be made and cancelled together with other changes of the store. */
function joinTransactions(parts: CronFunctionsParts): readonly Registration[] {
  const { store, stores, canTransact } = parts;
  if (stores === undefined) return [];
  const join = (id: string, run: (payload: unknown, tx: StoreTransaction) => Promise<Answer>): Registration =>
    stores.join(id, { store: () => (canTransact ? store.store : undefined), run: async (payload, { tx }) => run(payload, tx) });
  return [
    join('cron::schedule', (payload, tx) => schedule(parts, readRequest('cron::schedule', scheduleRequest, payload), tx)),
    join('cron::cancel', async (payload, tx) => {
      const { job_id: jobId } = readRequest('cron::cancel', jobRequest, payload);
      if (jobId.startsWith(triggerPrefix)) throw cronErrors.INVALID_REQUEST({ functionId: 'cron::cancel', problem: 'jobs of triggers in code cannot be cancelled in a transaction' });
      return { job_id: jobId, cancelled: await parts.scheduled.remove(jobId, tx) };
    }),
  ];
}

async function schedule({ functions, scheduled, book, clock }: CronFunctionsParts, input: ScheduleRequest, tx?: StoreTransaction): Promise<Answer> {
  const id = 'cron::schedule';
  const refuse = (problem: string): Error => cronErrors.INVALID_REQUEST({ functionId: id, problem });
  const nowMs = clock.now();
  const { function_id: functionId, job_id: jobId = `job_${randomUUID()}`, data } = input;
  if (jobId.startsWith(triggerPrefix)) throw refuse(`\`job_id\` must not begin with ${triggerPrefix}, as those of triggers do`);
  if (!functions.has(functionId)) throw refuse(unknownFunction(functions, functionId));
  const { spec, atMs, schedule: recurring } = readSpec(withInstant(input, { nowMs, refuse }), { nowMs, ambiguous: refuse });
  const text = JSON.stringify({ ...spec, ...(data === undefined ? {} : { data }) });
  if (Buffer.byteLength(text) > mostDataBytes) throw refuse(`\`data\` is larger than ${String(mostDataBytes)} bytes`);
  if (atMs !== undefined && atMs < nowMs - mostPastMs) throw cronErrors.NEVER_FIRES({ expression: rfc3339(atMs), reason: 'it is in the past' });
  if (scheduled.state(jobId) === undefined) book.checkRoom(1);
  // A one-off that is due already is due at once: its slot must lie after the anchor.
  const { isNew } = await scheduled.put({ jobId, functionId, origin: 'scheduled', spec: text, anchorMs: atMs === undefined ? nowMs : Math.min(nowMs, atMs - 1) }, tx);
  const nextMs = atMs ?? recurring?.next(nowMs);
  return { job_id: jobId, next_run: nextMs === undefined ? null : rfc3339(nextMs), replaced: !isNew };
}

/** "In a moment" that took a moment is no mistake; a date of last year is. */
const mostPastMs = 300_000;

function withInstant(input: ScheduleRequest, { nowMs, refuse }: { readonly nowMs: number; readonly refuse: (problem: string) => Error }): ScheduleRequest {
  const delayMs = input.delay_ms ?? input.delayMs;
  if (delayMs === undefined) return input;
  if (input.at !== undefined || input.expression !== undefined) throw refuse('`delay_ms` goes without `at` and `expression`');
  return { ...input, at: rfc3339(nowMs + delayMs) };
}

async function backfill({ scheduler, clock, logger }: CronFunctionsParts, { job_id: jobId, from, to, dry_run: isDryRun }: BackfillInput, { trace }: InvocationContext): Promise<Answer> {
  const fromMs = parseInstant('from', from);
  const toMs = to === undefined ? clock.now() : parseInstant('to', to);
  if (toMs < fromMs) throw cronErrors.INVALID_REQUEST({ functionId: 'cron::backfill', problem: '`to` is before `from`' });
  const { functionId, slots } = await scheduler.backfill(jobId, { fromMs, toMs }, { isDryRun });
  if (!isDryRun && slots.length > 0) inTrace(logger, trace).info('Cron slots are backfilled', { jobId, functionId, slots: slots.length, from: rfc3339(fromMs), to: rfc3339(toMs) });
  return { job_id: jobId, slots: slots.map(rfc3339), dry_run: isDryRun };
}

async function cancel({ scheduler, scheduled }: CronFunctionsParts, jobId: string): Promise<Answer> {
  if (await scheduled.remove(jobId)) return { job_id: jobId, cancelled: true };
  const states = await scheduler.states();
  const inCode = states.find((state) => state.jobId === jobId);
  if (inCode !== undefined) return scheduler.cancelOneOff(inCode);
  // Cancelling twice, or after it ran, is no mistake.
  return { job_id: jobId, cancelled: false };
}

function unknownFunction(functions: FunctionRegistry, functionId: string): string {
  const [nearest] = nearestNames(functionId, functions.list().map(({ id }) => id));
  return `there is no function "${functionId}"${nearest === undefined ? '' : ` (did you mean "${nearest}"?)`}`;
}
