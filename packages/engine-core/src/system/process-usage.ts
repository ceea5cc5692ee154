/** What this process uses, as the operating system and V8 count it. */
export interface ProcessUsage {
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly externalBytes: number;
  /** CPU time since the start of the process. */
  readonly cpuUserMicros: number;
  readonly cpuSystemMicros: number;
}

/** Looks at this process now. Some tens of microseconds. */
export function processUsage(): ProcessUsage {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    pid: process.pid,
    uptimeSeconds: process.uptime(),
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    externalBytes: external,
    cpuUserMicros: user,
    cpuSystemMicros: system,
  };
}
