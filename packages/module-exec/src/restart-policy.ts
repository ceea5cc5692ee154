/** When and whether a process that ended by itself is started again. All times in milliseconds. */
export interface RestartPolicy {
  /** Wait before the first restart; doubles with each crash in a row. */
  readonly delayMs: number;
  readonly maxDelayMs: number;
  /** A run at least this long, counted from ready, starts the doubling over. */
  readonly resetMs: number;
  /** As many crashes within `windowMs` end in `fatal`. */
  readonly maxCrashes: number;
  readonly windowMs: number;
}

/** What is remembered between crashes. Start with `noCrashes`. */
export interface CrashHistory {
  /** Crashes in a row without a healthy run between them. */
  readonly streak: number;
  /** Times of the crashes within the window, oldest first, on the monotonic clock. */
  readonly recentMs: readonly number[];
}
export const noCrashes: CrashHistory = { streak: 0, recentMs: [] };

export interface Crash {
  /** On the monotonic clock. */
  readonly atMs: number;
  /** How long it had been ready; 0 when it never was. */
  readonly healthyMs: number;
}

export type RestartDecision =
  | { readonly action: 'restart'; readonly delayMs: number; readonly history: CrashHistory }
  | { readonly action: 'fatal'; readonly history: CrashHistory };

const jitter = 0.2;

/** Decides after a crash. `random` is in [0, 1): the caller's, so that tests know it. */
export function decideRestart(policy: RestartPolicy, before: CrashHistory, crash: Crash, random: number): RestartDecision {
  const streak = (crash.healthyMs >= policy.resetMs ? 0 : before.streak) + 1;
  const recentMs = [...before.recentMs.filter((atMs) => crash.atMs - atMs < policy.windowMs), crash.atMs].slice(-policy.maxCrashes);
  const history = { streak, recentMs };
  if (recentMs.length >= policy.maxCrashes) return { action: 'fatal', history };
  // 2^40 × 1 ms is past any cap, and keeps the power finite for a process that flaps for days.
  const exact = Math.min(policy.maxDelayMs, policy.delayMs * 2 ** Math.min(streak - 1, 40));
  return { action: 'restart', delayMs: Math.round(exact * (1 - jitter + 2 * jitter * random)), history };
}
