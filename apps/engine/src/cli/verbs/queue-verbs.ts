import { errors } from '../../errors.js';
import { clockTime } from '../observe/table.js';
import { limitOf, wholeNumber, type Values } from '../words.js';
import { change, counted, list, targetAlone, type Verb, type VerbRequest } from './verb.js';

/** Ten years, as the queue has it. */
const longestDelayMs = 315_360_000_000;
const narrowing = ['code', 'group', 'function'] as const;

/** `iii queues <verb>`. */
export const queueVerbs: Readonly<Record<string, Verb>> = {
  publish: change('POST /queues/:queue/publish', {
    operands: '<queue> <data>', says: "puts a message on it; data is JSON, '-' reads standard input", options: ['json', 'function', 'group', 'dedup', 'delay'],
    read([target, data, ...others], { function: given, group, dedup, delay }) {
      if (target === undefined || data === undefined || others.length > 0) return undefined;
      const delayMs = delay === undefined ? undefined : wholeNumber('--delay', delay, { least: 0, most: longestDelayMs, unit: ' milliseconds' });
      return { target, data, ...meant(given, true), body: defined({ messageGroupId: group, dedupId: dedup, delayMs }) };
    },
    tell: ({ messageReceiptId, deduplicated }, target) => (deduplicated === true ? `${target} has that message already: ${messageReceiptId}` : `published to ${target}: ${messageReceiptId}`),
  }),
  pause: change('POST /queues/:queue/pause', { operands: '<queue>', says: 'stops deliveries; what runs goes on', options: ['json'], read: targetAlone, tell: (_, target) => `${target} is paused` }),
  resume: change('POST /queues/:queue/resume', { operands: '<queue>', says: 'lets it go on', options: ['json'], read: targetAlone, tell: (_, target) => `${target} goes on` }),
  dead: list('GET /queues/:queue/dlq', {
    operands: '<queue>', says: 'its dead letters', options: ['json', 'limit', ...narrowing],
    read([target, ...others], values) {
      return target === undefined || others.length > 0 ? undefined : { target, query: { limit: limitOf(values.limit), ...narrowed(values) }, ...meant(values.function, false) };
    },
    columns: [
      { title: 'GIVEN UP', show: ({ endedAtMs }) => (endedAtMs === undefined ? '-' : clockTime(endedAtMs, Date.now())) },
      { title: 'TRIES', isRight: true, show: ({ deliveries }) => String(deliveries) },
      { title: 'FAILED WITH', most: 48, show: ({ lastFailure }) => lastFailure?.message ?? '-' },
      { title: 'DATA', most: 40, show: ({ preview }) => preview },
      { title: 'TRACE', show: ({ traceId }) => traceId ?? '-' },
      { title: 'MESSAGE', most: 512, show: ({ messageId }) => messageId },
    ],
    whenEmpty: 'no dead letters',
  }),
  redrive: change('POST /queues/:queue/dlq/redrive', {
    operands: '<queue> [message…]', says: 'takes dead letters back: those named, those that options mean, or --all', options: ['json', 'all', 'head', 'rate', 'dry-run', ...narrowing],
    read(operands, values) {
      const { head, rate, 'dry-run': dryRun } = values;
      const ratePerSecond = rate === undefined ? undefined : wholeNumber('--rate', rate, { least: 1, most: 100_000, unit: ' messages a second' });
      const choice = chosen('redrive', operands, values, dryRun === true);
      return choice && { ...choice, body: { ...choice.body, ...defined({ head, ratePerSecond, dryRun }) } };
    },
    tell: ({ moved, total, state }, target) => (state === 'dryRun' ? `${counted(total ?? 0, 'dead letter')} of ${target} would be taken back` : `took back ${moved} of ${counted(total ?? moved, 'dead letter')} of ${target} (${state})`),
  }),
  discard: change('POST /queues/:queue/dlq/discard', {
    operands: '<queue> [message…]', says: 'gives dead letters up for good: those named, those that options mean, or --all', options: ['json', 'all', ...narrowing],
    read(operands, values) {
      const choice = chosen('discard', operands, values, false);
      return choice && { ...choice, body: { ...choice.body, ...defined({ all: values.all }) } };
    },
    tell: ({ discarded }, target) => `gave up ${counted(discarded, 'dead letter')} of ${target} for good`,
  }),
};

/** Which dead letters: never all of them by leaving something out. @throws `MOTIA_ENGINE_USAGE` */
function chosen(verb: string, [target, ...messageIds]: readonly string[], values: Values, isDryRun: boolean): (VerbRequest & { readonly body: Readonly<Record<string, unknown>> }) | undefined {
  if (target === undefined) return undefined;
  const filter = narrowed(values);
  const isNarrowed = Object.keys(filter).length > 0 || values.function !== undefined;
  if (messageIds.length > 0 && (isNarrowed || values.all === true)) throw errors.USAGE({ problem: `\`iii queues ${verb}\` takes either messages or --all, --code, --group and --function` });
  if (messageIds.length === 0 && !isNarrowed && values.all !== true && !isDryRun) throw errors.USAGE({ problem: `\`iii queues ${verb}\` needs to know which dead letters: their ids, --code, --group, --function, or --all` });
  return { target, body: messageIds.length > 0 ? { messageIds } : filter, ...meant(values.function, false) };
}

function narrowed({ code, group }: Values): Readonly<Record<string, string>> {
  return defined({ code, group });
}

function meant(given: string | undefined, isCalled: boolean): Pick<VerbRequest, 'functionMeant'> {
  return given === undefined ? {} : { functionMeant: { given, isCalled } };
}

function defined<T>(fields: Readonly<Record<string, T | undefined>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, T] => entry[1] !== undefined));
}
