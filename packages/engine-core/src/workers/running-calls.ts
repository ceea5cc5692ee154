import type { TraceContext } from '@motia/protocol';
import type { RunningCall } from '../contract/workers.js';
import { CallList } from '../functions/call-list.js';
import type { Call } from '../functions/call.js';
import { spanIdOf, traceIdOf } from '../telemetry/trace-context.js';

/** Ended calls remembered for log entries that arrive just after the answer. */
const rememberedCalls = 64;
const shownCalls = 8;
/** A table by serial number instead of a map by id: entries that come and go with every call made the map the largest cost of a call. */
const places = 1024;

interface EndedCall {
  id: string;
  functionId: string;
  trace: TraceContext;
  endedAtMs: number;
}
type DescribedCall = Pick<EndedCall, 'id' | 'functionId' | 'trace'> & { readonly endedAtMs?: number };

/** The calls that one worker runs, newest first, and those that ended a moment ago. */
export class RunningCalls {
  /** The newest call of each place, where most lookups end; those that were pushed out are found in the list. */
  readonly #places = new Array<Call | undefined>(places).fill(undefined);
  readonly #list = new CallList();
  /** A ring whose slots are written over: nothing is made for a call that ends. */
  readonly #ended: EndedCall[] = [];
  #endedAt = 0;

  get size(): number {
    return this.#list.size;
  }

  add(call: Call): void {
    this.#places[call.serial % places] = call;
    this.#list.add(call);
  }

  remove(call: Call, nowMs: number): void {
    const place = call.serial % places;
    if (this.#places[place] === call) this.#places[place] = undefined;
    this.#list.remove(call);
    const slot = (this.#ended[this.#endedAt] ??= { id: '', functionId: '', trace: call.trace, endedAtMs: 0 });
    slot.id = call.id;
    slot.functionId = call.functionId;
    slot.trace = call.trace;
    slot.endedAtMs = nowMs;
    this.#endedAt = (this.#endedAt + 1) % rememberedCalls;
  }

  find(invocationId: string): Call | undefined {
    const dash = invocationId.indexOf('-');
    const placed = this.#places[Number.parseInt(invocationId.slice(dash + 1), 36) % places];
    if (placed?.id === invocationId) return placed;
    for (const call of this.#list) if (call.id === invocationId) return call;
    return undefined;
  }

  /** Running, or one of the last that ended. */
  describe(invocationId: string): RunningCall | undefined {
    const call = this.find(invocationId);
    if (call !== undefined) return describe(call);
    const ended = this.#ended.find(({ id }) => id === invocationId);
    return ended === undefined ? undefined : describe(ended);
  }

  /** Running now, newest first, at most eight; else the one that ended last. */
  newest(): readonly RunningCall[] {
    const calls: RunningCall[] = [];
    for (const call of this.#list) {
      if (calls.length === shownCalls) break;
      calls.push(describe(call));
    }
    if (calls.length > 0) return calls;
    const last = this.#ended[(this.#endedAt + rememberedCalls - 1) % rememberedCalls];
    return last === undefined ? [] : [describe(last)];
  }

  all(): readonly Call[] {
    return [...this.#list];
  }
}

function describe({ id: invocationId, functionId, trace, endedAtMs }: DescribedCall): RunningCall {
  const named = { invocationId, functionId, traceId: traceIdOf(trace), spanId: spanIdOf(trace) };
  return endedAtMs === undefined ? named : { ...named, endedAtMs };
}
