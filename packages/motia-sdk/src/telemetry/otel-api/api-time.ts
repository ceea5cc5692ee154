import type { TimeInput } from '@opentelemetry/api';
import { nowMs } from '../span-data.js';

/** Epoch milliseconds of a time as the OpenTelemetry API takes it: epoch or `performance.now()` milliseconds, a Date, or seconds and nanoseconds. */
export function epochMs(time: TimeInput | undefined): number {
  if (time === undefined) return nowMs();
  if (Array.isArray(time)) return time[0] * 1000 + time[1] / 1e6;
  if (time instanceof Date) return time.getTime();
  const ms = time;
  return ms < performance.timeOrigin ? performance.timeOrigin + ms : ms;
}
