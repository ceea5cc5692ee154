import type { TraceContext } from '@motia/protocol';
import { defineRef } from '../ref.js';

/** A call that its caller handed over to a queue: `action: { type: 'enqueue', queue }`. */
export interface EnqueuedCall {
  readonly queue: string;
  readonly functionId: string;
  readonly payload: unknown;
  readonly trace: TraceContext;
  readonly idempotencyKey?: string;
  readonly callerWorkerId?: string;
  /** Of the call that enqueues: the enqueued one is as deep. */
  readonly triggerDepth?: number;
}

/** Takes calls with `action: enqueue`. Resolving means that the message is kept as durably as the queue promises. */
export interface EnqueueRouter {
  enqueue(call: EnqueuedCall): Promise<{ readonly messageReceiptId: string }>;
}
export const EnqueueRouterRef = defineRef<EnqueueRouter>('queue.enqueue');
