import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@motia/engine-core/contract';

/** How long and how much of an unwanted request is still read so that the client gets to see the answer. */
const lingerMs = 2_000;
const lingerBytes = 16 * 1024 * 1024;
/** A client that has sent nothing for this long has stopped, and may have read the answer by now. */
const idleMs = 200;

/**
 * Sends the body of an answer while the client is still sending, and closes the connection afterwards. Closing at once
 * would reset the connection under the client's writes and could lose the answer; what arrives is thrown away.
 */
export function lingerAndClose(request: IncomingMessage, response: ServerResponse, body: string | Uint8Array | undefined, clock: Clock): void {
  const endsAtMs = clock.monotonicMs() + lingerMs;
  let dropped = 0;
  let droppedBefore = 0;
  const finish = (): void => {
    clock.clear(timer);
    request.off('data', onData).off('end', finish).off('close', finish).off('error', finish);
    response.end(() => request.socket.destroy());
  };
  const onData = (chunk: Buffer): void => {
    dropped += chunk.length;
    if (dropped > lingerBytes) finish();
  };
  const timer = clock.setInterval(() => {
    if (dropped === droppedBefore || clock.monotonicMs() >= endsAtMs) finish();
    droppedBefore = dropped;
  }, idleMs);
  response.shouldKeepAlive = false;
  if (body !== undefined && body.length > 0) response.write(body);
  else response.flushHeaders();
  request.resume();
  request.on('data', onData).on('end', finish).on('close', finish).on('error', finish);
}
