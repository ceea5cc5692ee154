/** A socket as browsers have it; `ws` has the same shape. */
export interface SocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason?: string }) => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
}
export type OpenSocket = (address: string, protocols: readonly string[]) => SocketLike;

/** What the client needs of its surroundings; tests bring their own. */
export interface Platform {
  readonly open: OpenSocket;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
  /** From 0 up to 1. */
  random(): number;
  /** Calls back when the network is there again, where that can be known. Answers how to stop listening. */
  onOnline(callback: () => void): () => void;
}

interface Surroundings {
  readonly WebSocket?: new (address: string, protocols?: string | string[]) => SocketLike;
  addEventListener?(type: 'online', listener: () => void): void;
  removeEventListener?(type: 'online', listener: () => void): void;
}

/** Browsers, and Node from version 22 on, have a WebSocket of their own. */
export function globalPlatform(open: OpenSocket = openGlobalSocket): Platform {
  const surroundings = globalThis as unknown as Surroundings;
  return {
    open,
    setTimeout: (callback, delayMs) => {
      const timer: unknown = setTimeout(callback, delayMs);
      return timer;
    },
    clearTimeout: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
    random: Math.random,
    onOnline(callback) {
      surroundings.addEventListener?.('online', callback);
      return () => surroundings.removeEventListener?.('online', callback);
    },
  };
}

function openGlobalSocket(address: string, protocols: readonly string[]): SocketLike {
  const { WebSocket } = globalThis as unknown as Surroundings;
  if (WebSocket === undefined) throw new Error("This runtime has no WebSocket of its own: in Node before version 22 import Stream from '@motia/stream-client/node'.");
  return protocols.length === 0 ? new WebSocket(address) : new WebSocket(address, [...protocols]);
}
