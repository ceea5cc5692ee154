import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { config, functionDetail, functionRow, health, liveFrame, processRow, triggerRow, triggerTypeRow, workerDetail, workerRow } from './engine-rows.js';
import { cronRow, cronRun, explanation, messageDetail, messageRow, queueRow, redriveJob, redriveMove, stateAt, stateChange, stateEntry, stateKeyRow, stateWritten } from './module-rows.js';
import { actedOf, anything, count, flag, names, pageOf, text, time, traceId } from './shapes.js';
import { alerts, flatSpan, logRow, metrics, rollups, traceRow, traceSpans, traceTree } from './telemetry-rows.js';

/** Of what makes room when there is too much of it. `truncated`, on the last page: older rows have gone since the engine started. */
const keptPageOf = <T extends TSchema>(row: T) => Type.Composite([pageOf(row), Type.Object({ truncated: Type.Optional(Type.Literal(true)) })]);
const logs = keptPageOf(logRow);
const paused = Type.Object({ job_id: text, is_paused: flag });
/** Of modules that are not there, and of numbers that nobody measures, there is nothing in it. */
const summary = Type.Object({
  health,
  functions: Type.Object({ count, errors: count, calls: count, inFlight: count }),
  window: Type.Object({ ms: count, clamped: Type.Optional(Type.Literal(true)) }),
  activity: Type.Optional(Type.Array(Type.Object({ triggerType: text, calls: count, errors: count, perSecond: Type.Number(), p95Ms: Type.Number() }))),
  failing: Type.Optional(Type.Array(Type.Object({ functionId: text, errors: count }))),
  workers: Type.Array(Type.Object({ id: text, name: text, label: text, state: text, inFlight: count })),
  queues: Type.Optional(Type.Object({ count, depth: count, running: count, dead: count })),
  nextCrons: Type.Optional(Type.Array(cronRow)),
});

/** What each path of the data API answers, below `/api/v1`: one place for the server, its tests, the command line and the web console. */
export const answers = {
  'GET /health': health,
  'GET /config': config,
  'GET /openapi.json': names,
  'GET /summary': summary,
  'GET /live/poll': Type.Object({ frames: Type.Array(liveFrame) }),

  'GET /functions': pageOf(functionRow),
  'GET /functions/:id': functionDetail,
  'POST /functions/:id/invoke': Type.Object({ result: Type.Optional(anything), traceId, invocationId: text }),
  'GET /triggers': pageOf(triggerRow),
  'GET /trigger-types': pageOf(triggerTypeRow),
  'GET /workers': pageOf(workerRow),
  'GET /workers/:id': workerDetail,
  'POST /workers/:id/drain': actedOf(workerRow),
  'POST /workers/:id/restart': actedOf(anything),
  'GET /processes': pageOf(processRow),
  'POST /processes/reload': actedOf(anything),

  'GET /queues': pageOf(queueRow),
  'GET /queues/:queue/messages': pageOf(messageRow),
  'GET /queues/:queue/dlq': pageOf(messageRow),
  'POST /queues/:queue/publish': actedOf(Type.Object({ messageReceiptId: text, deduplicated: Type.Optional(flag) })),
  'POST /queues/:queue/pause': actedOf(anything),
  'POST /queues/:queue/resume': actedOf(anything),
  'POST /queues/:queue/dlq/redrive': actedOf(redriveJob),
  'GET /queues/:queue/dlq/redrive': Type.Object({ moves: Type.Array(redriveMove) }),
  'POST /queues/:queue/dlq/redrive/cancel': actedOf(Type.Object({ moved: count })),
  'POST /queues/:queue/dlq/discard': actedOf(Type.Object({ discarded: count })),
  'GET /messages/:id': messageDetail,
  'GET /messages/:id/explain': explanation,
  'POST /messages/:id/cancel': actedOf(anything),

  'GET /crons': pageOf(cronRow),
  'GET /crons/:id': cronRow,
  'GET /crons/:id/history': pageOf(cronRun),
  'POST /crons/:id/run': actedOf(Type.Object({ job_id: text, scheduled_time: time })),
  'POST /crons/:id/backfill': actedOf(Type.Object({ job_id: text, slots: Type.Array(time), dry_run: flag })),
  'POST /crons/:id/pause': actedOf(paused),
  'POST /crons/:id/resume': actedOf(paused),

  'GET /state/groups': pageOf(Type.Object({ group: text })),
  'GET /state/:group/keys': pageOf(stateKeyRow),
  'GET /state/:group/:key': stateEntry,
  'GET /state/:group/:key/history': Type.Composite([pageOf(stateChange), Type.Object({ truncated: flag })]),
  'GET /state/:group/:key/at/:seq': stateAt,
  'POST /state/:group/:key': actedOf(stateWritten),
  'POST /state/:group/:key/delete': actedOf(anything),

  'GET /streams': pageOf(Type.Object({ stream: text, groupCount: count })),
  'GET /streams/:stream/groups': pageOf(Type.Object({ group: text })),
  'GET /streams/:stream/:group/items': pageOf(Type.Object({ place: text, id: Type.Optional(text), value: anything })),
  'GET /streams/:stream/:group/items/:item': Type.Object({ value: Type.Optional(anything) }),
  'POST /streams/:stream/:group/send': actedOf(anything),

  'GET /traces': keptPageOf(traceRow),
  'GET /traces/:id': Type.Union([traceSpans, traceTree]),
  'GET /traces/:id/spans/:span': flatSpan,
  'GET /traces/:id/logs': logs,
  'GET /logs': logs,
  'GET /metrics': metrics,
  'GET /rollups': rollups,
  'GET /alerts': alerts,
};

/** A path of the data API with its method: `GET /crons/:id`. */
export type DataPath = keyof typeof answers;
/** What a path answers. */
export type AnswerOf<P extends DataPath> = Static<(typeof answers)[P]>;
