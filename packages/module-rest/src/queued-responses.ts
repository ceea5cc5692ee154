import type { Socket } from 'node:net';

/** Somebody whose response waits behind others on its connection. */
export interface Queued {
  connectionClosed(): void;
}

const queues = new WeakMap<Socket, Set<Queued>>();

/**
 * Tells `queued` when its connection closes. Node tells a response that itself, but not one that still waits for the
 * responses of earlier, pipelined requests. Gives the way to take it back.
 */
export function watchConnection(socket: Socket, queued: Queued): () => void {
  let queue = queues.get(socket);
  if (queue === undefined) {
    const created = new Set<Queued>();
    queues.set(socket, (queue = created));
    socket.once('close', () => {
      for (const one of [...created]) one.connectionClosed();
    });
  }
  const members = queue;
  members.add(queued);
  return () => members.delete(queued);
}
