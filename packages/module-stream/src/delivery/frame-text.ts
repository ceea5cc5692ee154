import type { StreamChangeEvent, StreamMessageEvent } from '../stream-event.js';

/**
 * Frames are `frameHead(id) + body`: the body is the same for every subscriber and made once, the head is all that
 * differs. Values go in as the JSON text that the store keeps; nothing is parsed or stringified per subscriber.
 */
export function frameHead(subscriptionId: string): string {
  return `{"type":"stream","subscriptionId":${JSON.stringify(subscriptionId)},`;
}

/** What a subscription names: a group of a stream, or one item of it. */
export interface Place {
  readonly stream: string;
  readonly group: string;
  readonly item?: string | undefined;
}

/**
 * @param prevSeq the change before this one that concerns the subscriber; not written where it is `seq − 1`
 * @param type what it is to the subscriber, when several changes were put together
 */
export function changeBody(event: StreamChangeEvent, prevSeq: number, type: StreamChangeEvent['type'] = event.type): string {
  const prev = prevSeq === event.seq - 1 ? '' : `"prevSeq":${prevSeq},`;
  return `${placed(event, event.item)}"seq":${event.seq},"epoch":${JSON.stringify(event.epoch)},${prev}${traced(event)}"event":{"type":"${type}","data":${event.json}}}`;
}

export function messageBody(event: StreamMessageEvent): string {
  return `${placed(event, event.item)}${traced(event)}"event":{"type":"event","event":{"type":${JSON.stringify(event.type)},"data":${event.json}}}}`;
}

export interface SnapshotFrame extends Place {
  readonly epoch: string;
  readonly seq: number;
  readonly timestamp: number;
  /** JSON text: the item or null, or the array of a group's items. */
  readonly json: string;
  /** Of a group: the items' ids in the order of the array. */
  readonly ids?: readonly string[];
}

export function syncBody(frame: SnapshotFrame): string {
  const ids = frame.ids === undefined ? '' : `,"ids":${JSON.stringify(frame.ids)}`;
  return `${placed(frame, frame.item)}"seq":${frame.seq},"epoch":${JSON.stringify(frame.epoch)},"event":{"type":"sync","data":${frame.json}${ids}}}`;
}

/** A refused subscription, complete. */
export function unauthorizedFrame(subscriptionId: string, refusal: Place & { readonly timestamp: number; readonly code: string; readonly message: string }): string {
  const event = { type: 'unauthorized', code: refusal.code, message: refusal.message };
  return `${frameHead(subscriptionId)}${placed(refusal, refusal.item)}"event":${JSON.stringify(event)}}`;
}

export const resumedFrame = (subscriptionId: string, epoch: string, seq: number): string => JSON.stringify({ type: 'resumed', subscriptionId, epoch, seq });

/** Why a subscription starts over. */
export type ResyncReason = 'epoch' | 'log' | 'future';
export const resyncFrame = (subscriptionId: string, reason: ResyncReason): string => JSON.stringify({ type: 'resync', subscriptionId, reason });

/** `ref`: the subscription id of the message that was refused. */
export const errorFrame = (error: { readonly code: string; readonly message: string }, ref: string | null): string =>
  JSON.stringify({ type: 'error', code: error.code, message: error.message, ref });

export interface Closing {
  readonly code: number;
  /** At most 123 bytes in UTF-8: it goes into the close frame. */
  readonly reason: string;
  /** When the client should come again. Absent: not without changing something. */
  readonly reconnectAfterMs?: number;
}
export const closingFrame = ({ code, reason, reconnectAfterMs }: Closing): string => JSON.stringify({ type: 'closing', code, reason, reconnectAfterMs });

export const pongFrame = '{"type":"pong"}';

function placed({ stream, group, timestamp }: { readonly stream: string; readonly group: string; readonly timestamp: number }, item: string | undefined): string {
  return `"timestamp":${timestamp},"streamName":${JSON.stringify(stream)},"groupId":${JSON.stringify(group)},"id":${item === undefined ? 'null' : JSON.stringify(item)},`;
}

function traced({ traceId }: { readonly traceId?: string }): string {
  return traceId === undefined ? '' : `"traceId":"${traceId}",`;
}
