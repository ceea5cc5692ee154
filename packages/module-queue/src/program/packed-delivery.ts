import type { Delivery } from '../job.js';

/** A delivery as it goes from the writer's thread to the engine's: without the names of its members, which would be copied with each. */
export type PackedDelivery = readonly [
  key: number, lease: number, lane: number, messageId: string, functionId: string, data: string | undefined, addIndex: number | undefined, group: string | undefined,
  attempts: number, losses: number, enqueuedAtMs: number, readyAtMs: number, trace: Delivery['trace'], triggerDepth: number, timeoutMs: number | undefined, keepResult: boolean,
];

export function packDelivery(delivery: Delivery): PackedDelivery {
  const { key, lease, lane, messageId, functionId, data, addIndex, group, attempts, losses, enqueuedAtMs, readyAtMs, trace, triggerDepth, timeoutMs, keepResult } = delivery;
  return [key, lease, lane, messageId, functionId, data, addIndex, group, attempts, losses, enqueuedAtMs, readyAtMs, trace, triggerDepth, timeoutMs, keepResult];
}

export function unpackDelivery(packed: PackedDelivery): Delivery {
  const [key, lease, lane, messageId, functionId, data, addIndex, group, attempts, losses, enqueuedAtMs, readyAtMs, trace, triggerDepth, timeoutMs, keepResult] = packed;
  return {
    key, lease, lane, messageId, functionId, data, attempts, losses, enqueuedAtMs, readyAtMs, trace, triggerDepth, timeoutMs, keepResult,
    ...(addIndex === undefined ? {} : { addIndex }),
    ...(group === undefined ? {} : { group }),
  };
}
