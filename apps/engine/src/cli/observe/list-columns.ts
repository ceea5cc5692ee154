import type { CronRow, QueueRow, TraceRow, WorkerRow } from '@motia/console/contract';
import { clockTime, cut, duration, type Column } from './table.js';

export const traceColumns = (nowMs: number): readonly Column<TraceRow>[] => [
  { title: 'STARTED', show: (row) => clockTime(row.start_time_unix_nano / 1e6, nowMs) },
  { title: 'TOOK', isRight: true, show: (row) => duration(row.duration_ms) },
  { title: 'STATUS', show: (row) => (row.in_flight === true ? 'running' : row.status === 'interrupted' ? row.status : row.has_error === true ? 'error' : row.status === 'unset' ? 'ok' : row.status) },
  { title: 'SPANS', isRight: true, show: (row) => String(row.span_count ?? 1) },
  { title: 'NAME', show: (row) => row.name },
  { title: 'TRACE', show: (row) => row.trace_id },
];

const count = (value: number | undefined): string => String(value ?? 0);
export const queueColumns: readonly Column<QueueRow>[] = [
  { title: 'QUEUE', show: (row) => `${row.kind}:${row.name}` },
  { title: 'FUNCTION', show: (row) => row.functionId || '-' },
  { title: 'WAITING', isRight: true, show: (row) => count(row.waiting) },
  { title: 'DELAYED', isRight: true, show: (row) => count(row.delayed) },
  { title: 'RUNNING', isRight: true, show: (row) => count(row.running) },
  { title: 'BLOCKED', isRight: true, show: (row) => count(row.blocked) },
  { title: 'DEAD', isRight: true, show: (row) => count(row.dead) },
  { title: 'OLDEST', isRight: true, show: (row) => (typeof row.oldestAgeMs === 'number' ? duration(row.oldestAgeMs) : '-') },
  { title: '', show: (row) => (row.isPaused === true ? 'paused' : '') },
];

export const cronColumns: readonly Column<CronRow>[] = [
  { title: 'SCHEDULE', show: (row) => row.expression ?? row.at ?? '-' },
  { title: 'ZONE', show: (row) => row.timezone ?? 'UTC' },
  { title: 'FUNCTION', show: (row) => row.function_id },
  { title: 'NEXT', show: (row) => row.next_run ?? '-' },
  { title: 'LAST', show: (row) => row.last_scheduled_time ?? '-' },
  { title: 'RESULT', show: (row) => row.last_result ?? '-' },
  { title: 'STATUS', show: (row) => row.status ?? '' },
  { title: 'JOB', show: (row) => cut(row.job_id, 24) },
];

export const workerColumns = (nowMs: number): readonly Column<WorkerRow>[] => [
  { title: 'WORKER', show: (row) => row.name || row.label },
  { title: 'STATE', show: (row) => row.state },
  { title: 'PID', isRight: true, show: (row) => (row.pid === undefined ? '-' : String(row.pid)) },
  { title: 'UP', isRight: true, show: (row) => duration(nowMs - row.connectedAt) },
  { title: 'FUNCTIONS', isRight: true, show: (row) => String(row.functionCount) },
  { title: 'IN FLIGHT', isRight: true, show: (row) => String(row.inFlight) },
  { title: 'SDK', show: (row) => (row.sdk === undefined ? '-' : `${row.sdk.name} ${row.sdk.version} (${row.sdk.language})`) },
  { title: 'ID', show: (row) => row.id },
];
