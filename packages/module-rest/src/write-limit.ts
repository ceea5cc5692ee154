import type { ServerResponse } from 'node:http';

/**
 * Node cuts a connection on which no byte moves for the time set, and leaves a slow one that moves alone. Both of these put back what
 * was set before: the connection may be that of a host application, and the next request on it may take its time. A response that
 * waits behind others of its connection is limited once its turn has come; before that it is not its client that is slow.
 */

/** Limits how long a client may take nothing of a response that has ended. */
export function limitRest(response: ServerResponse, timeoutMs: number): void {
  if (response.socket === null) response.once('prefinish', () => limitSent(response, timeoutMs));
  else limitSent(response, timeoutMs);
}

function limitSent(response: ServerResponse, timeoutMs: number): void {
  const { socket } = response;
  if (socket === null || socket.writableLength === 0) return;
  const before = socket.timeout ?? 0;
  socket.setTimeout(timeoutMs);
  // Before Node's own listener, which gives a connection without another request its keep-alive time.
  response.prependOnceListener('finish', () => void socket.setTimeout(before));
}

/** Resolves when the connection has room for more of a response, or has closed. */
export function roomFor(response: ServerResponse, timeoutMs: number): Promise<void> {
  let before: number | undefined;
  const limit = (): void => {
    before = response.socket?.timeout ?? 0;
    response.socket?.setTimeout(timeoutMs);
  };
  if (response.socket === null) response.once('socket', limit);
  else limit();
  return new Promise((resolve) => {
    const onDrain = (): void => {
      if (before !== undefined) response.socket?.setTimeout(before);
      settle();
    };
    const settle = (): void => {
      response.off('socket', limit).off('drain', onDrain).off('close', settle);
      resolve();
    };
    response.on('drain', onDrain).on('close', settle);
  });
}
