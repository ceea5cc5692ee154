import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** What a receiver got in one request. */
export interface ReceivedExport {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}
/** What a receiver answers: a status, and what goes with it; `hang` answers never. */
export type ReceiverAnswer = 'hang' | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: Uint8Array };

export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly received: readonly ReceivedExport[];
  /** What is answered from now on. Default: 200, nothing refused. */
  answer: (request: ReceivedExport) => ReceiverAnswer;
  /** Resolves once `count` requests came to a path. */
  until(path: string, count?: number): Promise<readonly ReceivedExport[]>;
}

/** A collector on a free port of this machine, for tests. `port`: a certain one, for a collector that comes back. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const received: ReceivedExport[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const got: ReceivedExport = { path: request.url ?? '', headers: request.headers, body: request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw };
      received.push(got);
      const answer = self.answer(got);
      if (answer !== 'hang') response.writeHead(answer.status, { ...answer.headers }).end(answer.body ?? Buffer.alloc(0));
      for (const look of waiting) look();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  const self: OtlpReceiver = {
    url: `http://127.0.0.1:${String(address.port)}`,
    port: address.port,
    received,
    answer: () => ({ status: 200 }),
    until: (path, count = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = received.filter((each) => each.path === path);
          if (found.length < count) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}
