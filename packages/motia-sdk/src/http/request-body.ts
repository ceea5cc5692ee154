import type { ChannelRef } from '@motia/protocol';
import type { EngineConnection } from '../context/invocation-scope.js';
import { ByteSource, type ByteStream } from './byte-stream.js';

/** The body of a request as bytes: those that arrive through a channel, else those that came with the payload. */
export function requestBodyStream(connection: EngineConnection, ref: ChannelRef | undefined, held: () => Uint8Array): ByteStream {
  if (ref === undefined) return ByteSource.of('The request body', held);
  return new ByteSource('The request body', () => channelBytes(connection, ref));
}

async function* channelBytes(connection: EngineConnection, ref: ChannelRef): AsyncGenerator<Uint8Array> {
  // Leaving the loop cancels the channel.
  for await (const chunk of await connection.openReader(ref)) if (typeof chunk !== 'string') yield chunk;
}

/** A body that was parsed, as bytes again. */
export function bodyAsBytes(body: unknown): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array(0);
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
}
