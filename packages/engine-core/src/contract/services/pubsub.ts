import type { TraceContext } from '@motia/protocol';
import { defineRef } from '../ref.js';

/** Messages to whoever listens now: at most once, nothing is kept. */
export interface PubSubService {
  /**
   * Resolves when the message was handed to every subscriber of this engine; how they fare is not waited for.
   * @param options `triggerDepth`: how many triggers of stored changes led to this message, default 0; subscribers are as deep
   */
  publish(topic: string, data: unknown, options?: { readonly trace?: TraceContext; readonly triggerDepth?: number }): Promise<void>;
}
export const PubSubServiceRef = defineRef<PubSubService>('pubsub.service');
