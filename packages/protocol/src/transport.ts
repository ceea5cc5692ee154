/**
 * A byte pipe to one peer. The child's stdio, a TCP or unix socket and an in-memory pair all look like this.
 * Callbacks are set once, before the first turn of the event loop after the transport was handed over.
 */
export interface Transport {
  /** Bytes as they arrive, in any split. The listener may keep the chunk: it is never reused. */
  onData(listener: (chunk: Uint8Array) => void): void;
  /** Called once, when no byte will come any more; `error` says why if the pipe broke. */
  onEnd(listener: (error?: Error) => void): void;
  /**
   * Hands bytes over. `false` asks the caller to wait for `onDrain` before writing more. Never throws.
   * Bytes must not be changed afterwards. `latin1` promises that a string is pure ASCII; it may be ignored.
   */
  write(chunk: Uint8Array | string, encoding?: 'utf8' | 'latin1'): boolean;
  /** After `write` answered `false`: room again. May also be called whenever the buffer has become empty. */
  onDrain(listener: () => void): void;
  /** Bytes accepted by `write` and not yet given to the operating system. */
  readonly bufferedBytes: number;
  /** Stops reading until `resume`. Optional back-pressure for the receiving side. */
  pause?(): void;
  resume?(): void;
  /** Ends the writing side after what was written. Idempotent. */
  end(): void;
  /** Closes both sides at once. Idempotent. */
  destroy(error?: Error): void;
}
