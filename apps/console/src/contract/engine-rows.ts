import { Type, type Static } from '@sinclair/typebox';
import { anything, count, epochMs, flag, names, oneOf, orNull, text } from './shapes.js';

const stats = Type.Object({ calls: count, errors: count, inFlight: count, totalDurationMs: Type.Number(), maxDurationMs: Type.Number() });
export const functionRow = Type.Object({ id: text, description: orNull(text), internal: flag, owner: text, stats });
export type FunctionRow = Static<typeof functionRow>;

export const triggerRow = Type.Object({
  id: text, type: text, functionId: text, config: anything, conditionFunctionId: Type.Optional(text),
  status: oneOf('bound', 'parked', 'rejected'), reason: Type.Optional(text), owners: Type.Array(text),
});
export type TriggerRow = Static<typeof triggerRow>;

export const functionDetail = Type.Composite([
  functionRow,
  Type.Object({ requestSchema: Type.Optional(anything), responseSchema: Type.Optional(anything), metadata: Type.Optional(names), workerIds: Type.Array(text), triggers: Type.Array(triggerRow) }),
]);
export const triggerTypeRow = Type.Object({ type: text, description: Type.Optional(text), configSchema: anything });

const worker = {
  id: text, owner: text, label: text, name: text, state: text, pid: Type.Optional(count),
  sdk: Type.Optional(Type.Object({ name: text, version: text, language: text })), os: Type.Optional(text),
  connectedAt: epochMs, inFlight: count, generation: count,
  vitals: Type.Optional(Type.Object({
    uptimeMs: Type.Number(), eventLoopLagMs: Type.Optional(Type.Number()),
    memory: Type.Optional(Type.Object({ rss: count, heapUsed: count, heapTotal: Type.Optional(count), external: Type.Optional(count) })),
    cpu: Type.Optional(Type.Object({ userMicros: count, systemMicros: count })),
  })),
};
export const workerRow = Type.Object({ ...worker, functionCount: count });
export type WorkerRow = Static<typeof workerRow>;
export const workerDetail = Type.Object({ ...worker, functionIds: Type.Array(text) });

export const processRow = Type.Object({
  owner: text, command: text, state: text, pid: Type.Optional(count), restarts: count, startedAt: Type.Optional(epochMs), lastError: Type.Optional(text),
});
export type ProcessRow = Static<typeof processRow>;

const healthStatus = oneOf('starting', 'healthy', 'degraded', 'unhealthy');
export const health = Type.Object({
  status: healthStatus, ready: flag, version: text, timestamp: epochMs,
  components: Type.Record(text, Type.Object({ status: healthStatus, reason: Type.Optional(text), since: epochMs })),
});
export type Health = Static<typeof health>;

export const config = Type.Object({
  file: orNull(text), restartNeeded: flag,
  modules: Type.Array(Type.Object({ id: text, class: text, name: text, version: text, from: oneOf('file', 'code', 'adapter'), line: Type.Optional(count), options: anything, origins: names })),
  notices: Type.Array(Type.Object({ message: text, pointer: text, line: Type.Optional(count) })),
});

/** `snapshot` is everything, `delta` what changed, `reset`: what is known is void, `lag` how many rows are left out, `error`: it cannot be read now. */
export const liveFrame = Type.Object({ epoch: text, seq: count, kind: oneOf('snapshot', 'delta', 'reset', 'lag', 'error'), data: anything });
