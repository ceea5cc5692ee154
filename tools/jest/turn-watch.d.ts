/** Watches the event loop of this process from now on, by the clock on the wall and to about a millisecond. */
export function watchTurns(): {
  /** Ends it. Answers the longest stretch without a turn, in milliseconds. */
  stop(): number;
};
