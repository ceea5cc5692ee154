import type { Platform, SocketLike } from '../src/index.js';

type Listener = (event: never) => void;

/** One socket as the client sees it, and the server's hands on it. */
export class FakeSocket implements SocketLike {
  readyState = 0;
  readonly sent: { readonly type: string; readonly data: { subscriptionId: string; streamName: string; groupId: string; id?: string; epoch?: string; lastSeq?: number } }[] = [];
  onJoin: (join: FakeSocket['sent'][number]['data']) => void = () => undefined;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(
    readonly address: string,
    readonly protocols: readonly string[],
  ) {}

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }
  send(text: string): void {
    const message = JSON.parse(text) as FakeSocket['sent'][number];
    this.sent.push(message);
    if (message.type === 'join') this.onJoin(message.data);
  }
  close(code = 1000): void {
    this.readyState = 3;
    this.#emit('close', { code });
  }

  opens(): void {
    this.readyState = 1;
    this.#emit('open', {});
  }
  says(frame: object): void {
    this.#emit('message', { data: JSON.stringify(frame) });
  }
  saysText(text: string): void {
    this.#emit('message', { data: text });
  }
  breaks(code = 1006, reason = ''): void {
    this.readyState = 3;
    this.#emit('close', { code, reason });
  }
  joins() {
    return this.sent.filter(({ type }) => type === 'join').map(({ data }) => data);
  }

  #emit(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }
}

/** A platform whose sockets, time and network belong to the test. */
export class FakePlatform implements Platform {
  readonly sockets: FakeSocket[] = [];
  onSocket: (socket: FakeSocket) => void = () => undefined;
  nowMs = 0;
  #timers: { readonly dueAtMs: number; readonly callback: () => void }[] = [];
  #online: (() => void)[] = [];

  readonly open = (address: string, protocols: readonly string[]): FakeSocket => {
    const socket = new FakeSocket(address, protocols);
    this.sockets.push(socket);
    this.onSocket(socket);
    return socket;
  };
  setTimeout(callback: () => void, delayMs: number): unknown {
    const timer = { dueAtMs: this.nowMs + delayMs, callback };
    this.#timers.push(timer);
    return timer;
  }
  clearTimeout(timer: unknown): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
  random(): number {
    return 1;
  }
  onOnline(callback: () => void): () => void {
    this.#online.push(callback);
    return () => {
      this.#online = this.#online.filter((other) => other !== callback);
    };
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened yet');
    return socket;
  }
  get timers(): number {
    return this.#timers.length;
  }
  get listeners(): number {
    return this.#online.length;
  }
  goesOnline(): void {
    for (const callback of this.#online) callback();
  }
  async advance(ms: number): Promise<void> {
    const target = this.nowMs + ms;
    await settled();
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.dueAtMs - b.dueAtMs)[0];
      if (next === undefined || next.dueAtMs > target) break;
      this.nowMs = next.dueAtMs;
      this.clearTimeout(next);
      next.callback();
      await settled();
    }
    this.nowMs = target;
  }
}

/** Everything that waits on promises had its turn. */
export async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

export const sync = (subscriptionId: string, seq: number, data: unknown, ids?: readonly string[]) => ({
  type: 'stream', subscriptionId, timestamp: 1, streamName: 'todo', groupId: 'inbox', id: null, seq, epoch: 'e1', event: { type: 'sync', data, ...(ids === undefined ? {} : { ids }) },
});
export const change = (subscriptionId: string, seq: number, type: 'create' | 'update' | 'delete', id: string, data: unknown, more: object = {}) => ({
  type: 'stream', subscriptionId, timestamp: 1, streamName: 'todo', groupId: 'inbox', id, seq, epoch: 'e1', event: { type, data }, ...more,
});
