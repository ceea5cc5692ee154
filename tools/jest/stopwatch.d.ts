export interface Stopwatch {
  /** Milliseconds since the stopwatch was started, less those that were withheld. Never negative. */
  elapsedMs(): number;
}

/** Where the times come from, both in milliseconds from a beginning of their own. For tests. */
export interface StopwatchReadings {
  readonly now?: () => number;
  readonly withheldMs?: () => number;
}

/**
 * Starts to measure time as it passes on a machine that has processors to spare: a promise about time is one about the
 * program, and a neighbour's load must not break it. Counts no time in which
 * - `machine` (default): anybody on the machine was ready to run and had no processor, or the host had taken one away;
 * - `thread`: the main thread of this process was ready to run and had no processor.
 *
 * Waiting for a timer, a disk or another process counts. Where the kernel does not tell, all time on the wall does.
 */
export function stopwatch(whose?: 'machine' | 'thread', readings?: StopwatchReadings): Stopwatch;
