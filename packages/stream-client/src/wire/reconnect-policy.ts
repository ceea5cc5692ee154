/** Milliseconds before the first, second, … attempt to connect again: doubled up to half a minute, spread so that clients do not come all at once. */
export function reconnectDelayMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(250 * 2 ** Math.min(attempt, 16), 30_000);
  return Math.round(ceiling * (0.5 + random() / 2));
}

/** What a closed connection means: come again, after a new look at the credentials where those can change, or not at all. */
export function afterClose(code: number, reconnectAfterMs: number | undefined): 'reconnect' | 'credentials' | 'stop' {
  if (code === 4401) return 'credentials';
  if (reconnectAfterMs !== undefined) return 'reconnect';
  // Too many bad messages, or one too large: coming again would only repeat it.
  return code === 1008 || code === 1009 ? 'stop' : 'reconnect';
}
