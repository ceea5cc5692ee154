import type { Clock } from '@motia/engine-core/contract';
import { MessageLimits, type MessageLimitOptions } from './message-limits.js';
import { SocketIoSink, type EngineSocket } from './socket-io-sink.js';

/** What is used of an engine.io socket beside the way out. */
export interface EngineLine extends EngineSocket {
  on(event: 'flush' | 'upgrade', listener: () => void): unknown;
  on(event: 'data', listener: (data: unknown) => void): unknown;
}

/** Packets of socket.io that carry an event begin with these. */
const eventTypes: ReadonlySet<unknown> = new Set(['2', '5']);

/**
 * One connection of engine.io. Its client may join and leave namespaces over it as it likes: the way out and the limits
 * are those of the connection, whichever namespace it is in, and also while it is in none.
 */
export class SocketIoLine {
  readonly sink: SocketIoSink;
  /** Of events. */
  readonly limits: MessageLimits;

  constructor(socket: EngineLine, options: { readonly clock: Clock; readonly limits: MessageLimitOptions }) {
    const { clock } = options;
    this.sink = new SocketIoSink(socket, clock);
    this.limits = new MessageLimits(options.limits, clock.monotonicMs());
    const others = new MessageLimits(options.limits, clock.monotonicMs());
    socket.on('data', (data) => {
      // The library answers what is no event by itself, as often as it is asked.
      if (typeof data === 'string' && eventTypes.has(data[0])) return;
      const nowMs = clock.monotonicMs();
      if (!others.take(nowMs) && others.noteBad(nowMs)) this.sink.terminate();
    });
  }
}
