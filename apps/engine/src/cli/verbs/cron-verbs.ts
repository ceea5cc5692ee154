import { errors } from '../../errors.js';
import { duration } from '../observe/table.js';
import { limitOf, type Values } from '../words.js';
import { change, counted, list, targetAlone, type Verb } from './verb.js';

/** `iii crons <verb>`. */
export const cronVerbs: Readonly<Record<string, Verb>> = {
  run: change('POST /crons/:id/run', { operands: '<job>', says: 'runs it now, beside its schedule', options: ['json'], read: targetAlone, tell: ({ scheduled_time: slot }, target) => `${target} runs now, as the slot ${slot}` }),
  pause: change('POST /crons/:id/pause', { operands: '<job>', says: 'leaves its slots out', options: ['json'], read: targetAlone, tell: (_, target) => `${target} is paused` }),
  resume: change('POST /crons/:id/resume', { operands: '<job>', says: 'lets it go on from now', options: ['json'], read: targetAlone, tell: (_, target) => `${target} goes on` }),
  backfill: change('POST /crons/:id/backfill', {
    operands: '<job>', says: 'runs slots of the past that have not run: --from <time> [--to <time>] [--dry-run]', options: ['json', 'from', 'to', 'dry-run'],
    read([target, ...others], values) {
      if (target === undefined || others.length > 0) return undefined;
      const from = timeOf(values, 'from');
      const to = timeOf(values, 'to');
      if (from === undefined) throw errors.USAGE({ problem: '`iii crons backfill` needs --from <time>, RFC 3339' });
      return { target, body: { from, ...(to === undefined ? {} : { to }), ...(values['dry-run'] === true ? { dryRun: true } : {}) } };
    },
    tell({ slots, dry_run: isDryRun }, target) {
      const range = slots.length === 0 ? '' : ` (${slots.length === 1 ? slots[0] : `${slots[0]} to ${slots.at(-1)}`})`;
      return `${counted(slots.length, 'slot')} of ${target} ${isDryRun ? 'would run' : slots.length === 1 ? 'runs' : 'run'}${range}`;
    },
  }),
  history: list('GET /crons/:id/history', {
    operands: '<job>', says: 'its runs, newest first', options: ['json', 'limit'],
    read: ([target, ...others], { limit }) => (target === undefined || others.length > 0 ? undefined : { target, query: { limit: limitOf(limit) } }),
    columns: [
      { title: 'SLOT', show: (run) => run.scheduled_time },
      { title: 'STATE', show: (run) => (run.reason === null ? run.state : `${run.state} (${run.reason})`) },
      { title: 'TOOK', isRight: true, show: (run) => (run.duration_ms === null ? '-' : duration(run.duration_ms)) },
      { title: 'TRIES', isRight: true, show: (run) => String(run.attempts) },
      { title: 'ERROR', most: 48, show: (run) => run.error?.message ?? '-' },
      { title: 'TRACE', show: (run) => run.trace_id ?? '-' },
    ],
    whenEmpty: 'it has not run',
  }),
};

function timeOf(values: Values, option: 'from' | 'to'): string | undefined {
  const text = values[option];
  if (text !== undefined && Number.isNaN(Date.parse(text))) throw errors.USAGE({ problem: `--${option} is a time such as 2026-01-31T08:00:00Z, not ${text}` });
  return text;
}
