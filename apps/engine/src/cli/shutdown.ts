/** What the process does about signals: the first drains, the second leaves at once (reliability G1). */
export interface ShutdownPorts {
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): void;
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

/** Resolves with the exit code after the first signal was obeyed. A second signal during the drain exits 130 at once. */
export function untilSignalled(ports: ShutdownPorts): Promise<number> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      ports.on(signal, () => {
        if (stopping) {
          ports.exit(130);
          return;
        }
        stopping = true;
        ports.announce(`${signal}: ${waitingFor(ports.inFlight()) ?? 'stopping'}; once more to leave at once`);
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
      });
    }
  });
}

function waitingFor(count: number): string | undefined {
  return count === 0 ? undefined : `waiting for ${count} request${count === 1 ? '' : 's'}…`;
}
