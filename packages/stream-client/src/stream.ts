import { globalPlatform, type Platform } from './platform/platform.js';
import { listOf, type GroupItems } from './state/group-state.js';
import { StreamSubscription } from './subscriptions/subscription.js';
import { TopicTable } from './subscriptions/topic-table.js';
import type { Address, Credentials } from './wire/connection.js';

/** Data of one stream: a type as it is, or that of the app's `Stream` object (what `motia generate-types` writes). */
export type StreamData<S> = S extends { get(groupId: string, id: string): Promise<infer D | null> } ? D : S;
/** Names a program may use: those of its map of streams, or any. */
export type StreamName<Streams> = keyof Streams & string;
type DataOf<Streams, N> = N extends keyof Streams ? StreamData<Streams[N]> : unknown;

export interface StreamOptions {
  /**
   * Subprotocols of the WebSocket: `['Authorization', token]` reaches the authentication function as a header. A function is asked before every
   * connection, so that a token that ran out can be replaced.
   */
  readonly protocols?: string | Credentials;
  /** Where sockets, timers and chance come from. Default: those of the browser or of Node. */
  readonly platform?: Platform;
}

/**
 * Follows streams of an engine: `new Stream('ws://localhost:3112')`. One connection serves everything that is followed; it is opened with the
 * first subscription, closed after the last, and opened again by itself when it is lost. Subscriptions then go on where they
 * were, without a gap. Name the streams of the app for types: `new Stream<{ todo: Todo }>(…)`.
 */
export class Stream<Streams = Readonly<Record<string, unknown>>> {
  readonly #table: TopicTable;

  /** @param address a function is asked before every connection */
  constructor(address: Address, options: StreamOptions = {}) {
    const { protocols = [], platform = globalPlatform() } = options;
    this.#table = new TopicTable({ address, protocols: typeof protocols === 'string' ? [protocols] : protocols, platform });
  }

  /** Follows one item; its state is null while there is none. */
  subscribeItem<N extends StreamName<Streams>>(streamName: N, groupId: string, id: string): StreamSubscription<DataOf<Streams, N> | null> {
    return new StreamSubscription(this.#table, { streamName, groupId, id }, (state) => (state ?? null) as DataOf<Streams, N> | null);
  }

  /** Follows all items of a group, oldest first, or in the order of one of their members. */
  subscribeGroup<N extends StreamName<Streams>>(streamName: N, groupId: string, sortKey?: string): StreamSubscription<readonly DataOf<Streams, N>[]> {
    return new StreamSubscription(this.#table, { streamName, groupId }, (state) => listOf(state as GroupItems, sortKey) as readonly DataOf<Streams, N>[]);
  }

  /** Whether `close` was called: then nothing can be followed any more. */
  get isClosed(): boolean {
    return this.#table.isClosed;
  }

  /** Ends the connection and every subscription. */
  close(): void {
    this.#table.close();
  }
}
