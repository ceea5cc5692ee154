import type { FrameBatch } from './frame-batch.js';
import type { Closing } from './frame-text.js';

/** The way out to one client, whatever the transport. */
export interface Sink {
  /** False while next to nothing can be buffered. Costs less to ask than how much. */
  readonly isPressed: boolean;
  /** Bytes handed over that the operating system has not taken yet. */
  readonly bufferedBytes: number;
  /** Frames that many subscribers share. */
  send(batch: FrameBatch, subscriptionId: string): void;
  /** Complete frames for this client alone. */
  sendFrames(frames: readonly string[]): void;
  /** Calls `listener` once, later, when nothing is buffered any more. A second call replaces the first listener. */
  onceDrained(listener: () => void): void;
  /** Says why and closes; what is buffered goes out first if the client takes it within five seconds. Idempotent. */
  close(closing: Closing): void;
  /** Cuts the connection now. Idempotent. */
  terminate(): void;
}
