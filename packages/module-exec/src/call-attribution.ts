import type { RunningCall } from '@motia/engine-core/contract';

/** What ties a line of output to a call. */
export interface CallAttribution {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly functionId?: string;
  readonly invocationId?: string;
  /** Invocations that may have written it, when several were running. */
  readonly candidates?: readonly string[];
}

/** Output is seen a little after it was written, so a call that ended this recently still owns it. */
const recentMs = 250;
const nobody: CallAttribution = {};

/** A line belongs to the one call that was running, else to the one that ended just now; with several it names them all. */
export function attributeToCall(calls: readonly RunningCall[], nowMs: number): CallAttribution {
  const running = calls.filter((call) => call.endedAtMs === undefined);
  if (running.length > 1) return { candidates: running.map((call) => call.invocationId) };
  const [owner] = running.length === 1 ? running : calls.filter((call) => call.endedAtMs !== undefined && nowMs - call.endedAtMs <= recentMs);
  if (owner === undefined) return nobody;
  return { traceId: owner.traceId, spanId: owner.spanId, functionId: owner.functionId, invocationId: owner.invocationId };
}
