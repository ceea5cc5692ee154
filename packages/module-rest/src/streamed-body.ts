import type { IncomingMessage } from 'node:http';
import type { ChannelHub, ChannelWriter, MotiaError } from '@motia/engine-core/contract';
import { BodyPump, type PumpOptions } from './body-pump.js';
import { noBody, type RequestBody } from './http-payload.js';

/** Bytes of one body that may be under way to its handler. */
export const BODY_WINDOW_BYTES = 128 * 1024;

/** A body that is still arriving while its handler runs. */
export interface BodyFlow {
  /** False while part of the request is unread. */
  readonly isComplete: boolean;
  /** Nobody wants the rest: whoever still reads gets `error`. Idempotent. */
  abort(error: MotiaError): void;
}

/** Hands the bytes of a request to the handler through a channel, which it finds as `request_body` of its payload. */
export function receiveStream(request: IncomingMessage, options: PumpOptions & { readonly channels: ChannelHub; readonly sendContinue: (() => void) | undefined }): RequestBody {
  const { channels, sendContinue } = options;
  const pair = channels.create({ bufferBytes: BODY_WINDOW_BYTES });
  const writer = channels.openWriter(pair.writer);
  const pump = new BodyPump(request, options, (chunk) => writer.write(chunk), (error) => writer.close(error));
  pump.start();
  sendContinue?.();
  return { ...noBody, links: { request_body: pair.reader }, flow: flowOf(pump, writer) };
}

/** The handle of a body that a pump moves into a channel. */
export function flowOf(pump: BodyPump, writer: ChannelWriter): BodyFlow {
  return {
    get isComplete() {
      return pump.isComplete;
    },
    abort(error) {
      pump.stop();
      writer.abort(error);
    },
  };
}
