import type { ChannelReader } from '@motia/engine-core/contract';
import { restErrors } from './errors.js';
import { readStreamHead, ResponseFrames, type StreamHead } from './response-frames.js';

/** What a streamed response is read from. */
export interface ResponseSource {
  /** The next bytes; undefined at the end. @throws what broke the stream */
  read(): Promise<Uint8Array | undefined>;
  /** Known once the first bytes, or the end, were read. @throws `MOTIA_REST_INVALID_HANDLER_RESPONSE` */
  head(): StreamHead;
  /** Nobody takes the rest. */
  cancel(): void;
}

/** A channel: control frames first, then bytes; later text is ignored, as it always was. */
export function channelSource(reader: ChannelReader, functionId: string, defaultStatus: number): ResponseSource {
  const frames = new ResponseFrames(functionId, defaultStatus);
  let hasBegun = false;
  return {
    async read() {
      for (;;) {
        const chunk = await reader.read();
        if (typeof chunk !== 'string') {
          hasBegun = true;
          return chunk;
        }
        if (!hasBegun) frames.take(chunk);
      }
    },
    head: () => frames.head(),
    cancel: () => reader.cancel(restErrors.CLIENT_DISCONNECTED({})),
  };
}

/** True for a body that is made while it is sent: a web stream, a Node stream, any async iterable. */
export function isStream(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** The body of a result that a handler inside this process returned. */
export function iterableSource(body: AsyncIterable<unknown>, fields: Readonly<Record<string, unknown>>, functionId: string, defaultStatus: number): ResponseSource {
  const head = readStreamHead(functionId, fields, defaultStatus);
  const iterator = body[Symbol.asyncIterator]();
  return {
    async read() {
      const { done, value } = await iterator.next();
      if (done === true) return undefined;
      if (typeof value === 'string') return Buffer.from(value, 'utf8');
      if (value instanceof Uint8Array) return value;
      throw restErrors.INVALID_HANDLER_RESPONSE({ functionId, field: 'body', problem: 'gave something that is neither text nor bytes' });
    },
    head: () => head,
    cancel() {
      // A generator that waits inside hears of it when it goes on; what it throws then is nobody's any more.
      iterator.return?.().catch(() => undefined);
      if ('destroy' in body && typeof body.destroy === 'function') (body as { destroy(): void }).destroy();
    },
  };
}
