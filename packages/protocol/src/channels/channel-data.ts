import type { ChannelWriteParams } from '../generated/messages.js';

/** One frame of a channel: text is a message, bytes are a piece of a byte stream. */
export type ChannelData = string | Uint8Array;

/** What a `channels/write` carries; undefined when it carries nothing. */
export function readChannelData(params: ChannelWriteParams, raw?: Uint8Array): ChannelData | undefined {
  if (raw !== undefined) return raw;
  if (typeof params.text === 'string') return params.text;
  return typeof params.base64 === 'string' ? Buffer.from(params.base64, 'base64') : undefined;
}

/** Bytes of credit that a frame uses up: its length in UTF-8 or bytes, and 1 for an empty text. */
export function creditCost(data: ChannelData): number {
  return Math.max(1, typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength);
}
