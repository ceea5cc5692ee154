import type { Socket } from 'node:net';
import type { Transport } from '@motia/engine-core/contract';
import { workerErrors } from './errors.js';

/** How each message begins. No line of an HTTP request can, so a web page cannot make a browser speak to the engine. */
const beginnings = ['content-length:', 'content-type:'];
const longestBeginning = Math.max(...beginnings.map(({ length }) => length));

/**
 * Resolves once the socket has sent the beginning of a message, with `true`; the bytes are put back. `false`: it sent
 * something else or ended. Nothing is known or kept of the peer until then.
 */
export function sendsMessages(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    let seen: Buffer = Buffer.alloc(0);
    const settle = (isMessage: boolean): void => {
      socket.off('readable', look);
      socket.off('end', ended);
      socket.off('close', ended);
      resolve(isMessage);
    };
    const ended = (): void => settle(false);
    const look = (): void => {
      // A stream says that it is readable again only after it was read to its end.
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) seen = Buffer.concat([seen, chunk]);
      const start = seen.subarray(0, longestBeginning).toString('latin1').toLowerCase();
      const isComplete = beginnings.some((beginning) => start.startsWith(beginning));
      if (isComplete) socket.unshift(seen);
      if (isComplete || !beginnings.some((beginning) => beginning.startsWith(start))) settle(isComplete);
    };
    socket.on('readable', look);
    socket.on('end', ended);
    socket.on('close', ended);
  });
}

/** What a peer may send before it has said who it is: an `initialize` and what may follow at once. */
const unprovenLimitBytes = 262_144;

/** A transport that ends when its peer sends much before `prove` was called: nobody unknown fills the engine's memory. */
export function unprovenTransport(inner: Transport): Transport & { prove(): void } {
  let received = 0;
  let isProven = false;
  return {
    prove: () => void (isProven = true),
    onData(listener) {
      inner.onData((chunk) => {
        if (isProven) return listener(chunk);
        received += chunk.byteLength;
        if (received > unprovenLimitBytes) inner.destroy(workerErrors.OPENING_INVALID({ limitBytes: unprovenLimitBytes }));
        else listener(chunk);
      });
    },
    onEnd: (listener) => inner.onEnd(listener),
    write: (chunk, encoding) => inner.write(chunk, encoding),
    onDrain: (listener) => inner.onDrain(listener),
    get bufferedBytes() {
      return inner.bufferedBytes;
    },
    pause: () => inner.pause?.(),
    resume: () => inner.resume?.(),
    end: () => inner.end(),
    destroy: (error) => inner.destroy(error),
  };
}
