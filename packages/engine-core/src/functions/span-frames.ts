import type { InvokeOptions } from '../contract/functions.js';
import type { SpanAttributes } from '../contract/telemetry.js';

/** What the spans of one function's calls have alike. */
export interface SpanFrame {
  readonly name: string;
  readonly common: SpanAttributes;
}

type CallTrigger = InvokeOptions['trigger'];
interface KnownFrame extends SpanFrame {
  readonly triggerId: string | undefined;
  readonly triggerType: string | undefined;
}

/** Triggers of one function that are told apart; beyond, frames are made anew. */
const mostFrames = 8;

/** The frames of one function, by trigger; made once, for a call writes two spans and its answer waits for them. */
export class SpanFrames {
  readonly #functionId: string;
  readonly #kind: 'internal' | 'worker';
  readonly #known: KnownFrame[] = [];

  constructor(functionId: string, kind: 'internal' | 'worker') {
    this.#functionId = functionId;
    this.#kind = kind;
  }

  of(trigger: CallTrigger): SpanFrame {
    const triggerId = trigger?.id;
    const triggerType = trigger?.type;
    for (const frame of this.#known) if (frame.triggerId === triggerId && frame.triggerType === triggerType) return frame;
    const common = { 'iii.function.id': this.#functionId, 'iii.function.kind': this.#kind, 'iii.trigger.id': triggerId, 'iii.trigger.type': triggerType };
    const frame: KnownFrame = { name: `invoke ${this.#functionId}`, common, triggerId, triggerType };
    if (this.#known.length < mostFrames) this.#known.push(frame);
    return frame;
  }
}
