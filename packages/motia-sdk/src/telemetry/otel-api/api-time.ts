import type { TimeInput } from '@opentelemetry/api';
import { nowMs } from '../span-data.js';

/** Epoch milliseconds of a time as the OpenTelemetry API takes it: epoch or `performance.now()` milliseconds, a Date, or seconds and nanoseconds. Now for what is none. */
export function epochMs(time: TimeInput | undefined): number {
  const ms: unknown = Array.isArray(time) ? Number(time[0]) * 1000 + Number(time[1]) / 1e6 : time instanceof Date ? time.getTime() : time;
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return nowMs();
  return typeof time === 'number' && ms < performance.timeOrigin ? performance.timeOrigin + ms : ms;
}
