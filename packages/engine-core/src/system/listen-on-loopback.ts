/** How often a free port is looked for that both loopback addresses have. */
const portAttempts = 20;

export interface ListenSteps {
  /** Unset or `localhost`: both loopback addresses. */
  readonly host: string | undefined;
  /** 0 takes a free one. */
  readonly port: number;
  /** Opens a server at one address; answers the port that it got. */
  open(host: string, port: number): Promise<number>;
  /** Closes what was opened so far. */
  closeAll(): Promise<void>;
}

/**
 * Listens at one address, or on 127.0.0.1 and, where the machine has it, ::1. When one of them fails, none is left open.
 * @throws what `open` rejected with
 */
export async function listenOnLoopback({ host, port, open, closeAll }: ListenSteps): Promise<{ readonly host: string; readonly port: number }> {
  const isLoopback = host === undefined || host === 'localhost';
  const first = isLoopback ? '127.0.0.1' : host;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const opened = await open(first, port);
      if (isLoopback) await open('::1', opened).catch(ignoreMissingFamily);
      return { host: first, port: opened };
    } catch (error) {
      await closeAll();
      // A free port of one family may be taken in the other; the next free one is tried.
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!(isTaken && port === 0 && attempt < portAttempts)) throw error;
    }
  }
}

/** ::1 is missing on some machines, which is fine; that it is taken is not. */
function ignoreMissingFamily(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EADDRNOTAVAIL' && code !== 'EAFNOSUPPORT') throw error;
}
