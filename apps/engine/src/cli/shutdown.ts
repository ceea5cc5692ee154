/** What the process does about signals: the first drains, the second leaves at once (reliability G1). */
export interface ShutdownPorts {
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): void;
  onNpmGone(listener: () => void): void;
  /** Drains and stops the engine. */
  stop(): Promise<void>;
  /** Leaves now, whatever is still open. */
  exit(code: number): void;
  announce(message: string): void;
  /** Requests and calls that an answer is still owed to. */
  inFlight(): number;
}

/** So often it is said again what the stop waits for. */
const reminderMs = 5_000;

/**
 * Resolves with the exit code after the first signal was obeyed. A second signal during the drain exits 130 at once. That npm has gone counts as a signal, but never as a
 * second one: in a terminal both get Ctrl-C.
 */
export function untilSignalled(ports: ShutdownPorts): Promise<number> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const obey = (why: string): void => {
      stopping = true;
      ports.announce(`${why}: ${waitingFor(ports.inFlight()) ?? 'stopping'}; once more to leave at once`);
      const reminder = setInterval(() => {
        const what = waitingFor(ports.inFlight());
        if (what !== undefined) ports.announce(what);
      }, reminderMs);
      // Whoever runs the engine keeps the process alive.
      (reminder as Partial<Pick<NodeJS.Timeout, 'unref'>>).unref?.();
      ports
        .stop()
        .finally(() => clearInterval(reminder))
        .then(() => {
          ports.announce('stopped');
          resolve(0);
        }, reject);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) ports.on(signal, () => (stopping ? ports.exit(130) : obey(signal)));
    ports.onNpmGone(() => {
      if (!stopping) obey('npm has ended');
    });
  });
}

function waitingFor(count: number): string | undefined {
  return count === 0 ? undefined : `waiting for ${count} request${count === 1 ? '' : 's'}…`;
}
