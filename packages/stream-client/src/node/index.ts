import { WebSocket } from 'ws';
import { globalPlatform, type Platform } from '../platform/platform.js';
import { Stream as AnyStream, type StreamOptions } from '../stream.js';
import type { Address } from '../wire/connection.js';

export interface NodeStreamOptions extends StreamOptions {
  /** Headers of the request that opens the connection, for the engine's authentication function. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** As the `Stream` of `@motia/stream-client`, for every Node from version 20 on, and with headers. */
export class Stream<Streams = Readonly<Record<string, unknown>>> extends AnyStream<Streams> {
  constructor(address: Address, options: NodeStreamOptions = {}) {
    const { headers = {}, ...rest } = options;
    super(address, { platform: nodePlatform(headers), ...rest });
  }
}

/** Sockets of the package `ws`. */
export function nodePlatform(headers: Readonly<Record<string, string>> = {}): Platform {
  return globalPlatform((address, protocols) => new WebSocket(address, [...protocols], { headers: { ...headers }, perMessageDeflate: false }));
}

export { StreamError } from '../stream-error.js';
export type { StreamData, StreamName, StreamOptions } from '../stream.js';
export type { StreamSubscription } from '../subscriptions/subscription.js';
