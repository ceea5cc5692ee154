/** What a load saw. */
export interface LoadResult {
  readonly sent: number;
  /** One line for each request that was not answered 200. */
  readonly failures: readonly string[];
}

/** Sends requests at a steady rate, whether or not earlier ones were answered, until it is stopped. */
export function steadyLoad({ url, perSecond }: { readonly url: string; readonly perSecond: number }): { stop(): Promise<LoadResult> } {
  const failures: string[] = [];
  const open = new Set<Promise<void>>();
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
    for (; sent < due; sent += 1) {
      const request = send(url, failures).finally(() => open.delete(request));
      open.add(request);
    }
  }, 5);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      return { sent, failures };
    },
  };
}

async function send(url: string, failures: string[]): Promise<void> {
  try {
    const response = await fetch(url);
    const body = await response.text();
    if (response.status !== 200) failures.push(`${response.status} ${body}`);
  } catch (error) {
    failures.push(error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error));
  }
}
