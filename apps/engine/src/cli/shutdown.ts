/** What the process does about signals: the first drains, the second leaves at once (reliability G1). */
export interface ShutdownPorts {
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): void;
  /** Drains and stops the engine. */
  stop(): Promise<void>;
  /** Leaves now, whatever is still open. */
  exit(code: number): void;
  announce(message: string): void;
}

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
        ports.announce(`${signal}: finishing what is in flight, once more to leave at once`);
        ports.stop().then(() => resolve(0), reject);
      });
    }
  });
}
