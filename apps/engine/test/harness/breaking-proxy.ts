import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy whose connections can be cut, or made half-open: both ends stay open and nothing passes. */
export interface BreakingProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Ends the connections that are open now, without a word. */
  cut(): void;
  /** Freezes the connections that are open now; later ones pass. */
  freeze(): void;
}

export async function startBreakingProxy(target: number): Promise<BreakingProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        for (const end of pair) if (!frozen.has(end)) end.destroy();
        if (!pair.some((end) => frozen.has(end))) pairs.delete(pair);
      });
    }
  });
  const frozen = new Set<Socket>();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return pairs.size;
    },
    cut() {
      for (const pair of pairs) for (const end of pair) end.destroy();
    },
    freeze() {
      for (const [near, far] of pairs) {
        for (const end of [near, far]) {
          frozen.add(end);
          end.unpipe();
          end.pause();
        }
      }
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) for (const end of pair) end.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
