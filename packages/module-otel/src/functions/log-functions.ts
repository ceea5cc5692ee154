import { otelErrors } from '../errors.js';
import { levels, viewLog } from '../logs/log-data.js';
import { readCursor, writeCursor } from '../query/cursor.js';
import { InputReader, spanIdText, traceIdText } from '../query/input-reader.js';
import type { LogStore } from '../storage/log-store.js';
import type { FunctionContext, RegisterFunctions } from './context.js';

const cursorSort = 'logs';
/** Of places in the log, whatever a list looked for. */
const placeSort = 'log';

/** `engine::logs::list|clear`. */
export const registerLogFunctions: RegisterFunctions = (context) => [
  context.functions.register({ id: 'engine::logs::list', description: 'Log records that are kept, newest first' }, (payload) => list(context, payload)),
  context.functions.register({ id: 'engine::logs::clear', description: 'Forgets all log records' }, async () => {
    await storeOf(context).clear();
    return { success: true };
  }),
];

async function list(context: FunctionContext, payload: unknown): Promise<unknown> {
  const input = new InputReader('engine::logs::list', payload);
  const severityText = input.text('severity_text')?.toLowerCase();
  const cursor = input.text('cursor');
  const after = cursor === undefined ? undefined : readCursor(cursor, cursorSort);
  if (cursor !== undefined && typeof after?.key !== 'number') input.problem('cursor', 'is none that a list of logs has given out');
  const afterText = input.text('after');
  const since = afterText === undefined ? undefined : readCursor(afterText, placeSort);
  if (afterText !== undefined && typeof since?.key !== 'number') input.problem('after', 'is no `newest_cursor` of a list of logs');
  if (severityText !== undefined && !(levels as readonly string[]).includes(severityText)) input.problem('severity_text', `must be one of ${levels.join(', ')}`);
  const query = {
    fromMs: input.time('start_time'),
    toMs: input.time('end_time'),
    traceId: input.text('trace_id', traceIdText)?.toLowerCase(),
    spanId: input.text('span_id', spanIdText)?.toLowerCase(),
    minSeverity: input.number('severity_min'),
    level: severityText,
    search: input.text('search')?.toLowerCase(),
    offset: input.count('offset', { most: 10_000_000, fallback: 0 }),
    limit: input.count('limit', { least: 1, most: 1_000, fallback: 100 }),
    beforeRecord: typeof after?.key === 'number' ? after.key : undefined,
    afterRecord: typeof since?.key === 'number' ? since.key : undefined,
  };
  input.done();
  const { logs, total, older, newestRecord, missed } = await storeOf(context).list(query);
  return {
    logs: logs.map(({ record, log }) => ({ id: String(record), ...viewLog(log, context.settings.resource) })),
    total,
    query: payload ?? {},
    timestamp: context.clock.now(),
    ...(older === 0 ? {} : { older, next_cursor: writeCursor({ sort: cursorSort, key: logs.at(-1)?.record ?? 0, id: '' }) }),
    ...(newestRecord === undefined ? {} : { newest_cursor: writeCursor({ sort: placeSort, key: newestRecord, id: '' }) }),
    ...(missed === 0 ? {} : { missed }),
    ...(input.isClamped ? { clamped: true } : {}),
  };
}

function storeOf({ logs }: FunctionContext): LogStore {
  if (logs === undefined) throw otelErrors.NOT_STORED({ what: 'Logs', option: 'logs_exporter', legacyCode: 'memory_exporter_not_enabled' });
  return logs;
}
