export { answers } from './answers.js';
export type { AnswerOf, DataPath } from './answers.js';
export type { FunctionRow, Health, ProcessRow, TriggerRow, WorkerRow } from './engine-rows.js';
export type { CronRow, CronRun, MessageRow, QueueRow, StateKeyRow } from './module-rows.js';
export type { FlatSpan, LogRow, TraceRow, TraceSpans, TraceTree, TreeSpan } from './telemetry-rows.js';
