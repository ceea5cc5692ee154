import type { LogData } from '../logs/log-data.js';
import type { LogRing } from '../logs/log-ring.js';
import { logContains } from './list-logs.js';
import type { LogPage, LogQuery, LogStore, NumberedLog } from './log-store.js';

/** Log records in memory. */
export class MemoryLogs implements LogStore {
  constructor(private readonly ring: LogRing, private readonly retentionMs: number, private readonly now: () => number) {}

  get held(): LogStore['held'] {
    return { records: this.ring.size, bytes: this.ring.bytes, evicted: this.ring.evicted };
  }

  async list({ search, offset, limit, beforeRecord, ...filter }: LogQuery): Promise<LogPage> {
    const logs: NumberedLog[] = [];
    let total = 0;
    let seen = 0;
    let older = 0;
    this.ring.scan({ ...filter, observedFromMs: this.now() - this.retentionMs, ...(search === undefined ? {} : { matches: (log: LogData) => logContains(log, search) }) }, (load, record) => {
      total += 1;
      if (beforeRecord !== undefined && record >= beforeRecord) return true;
      seen += 1;
      if (beforeRecord === undefined && seen <= offset) return true;
      if (logs.length < limit) logs.push({ record, log: load() });
      else older += 1;
      return true;
    });
    const { afterRecord } = filter;
    return { logs, total, older, newestRecord: this.ring.written === 0 ? undefined : this.ring.written - 1, missed: afterRecord === undefined ? 0 : this.ring.missedSince(afterRecord) };
  }

  async clear(): Promise<void> {
    this.ring.clear();
  }

  evict(): void {
    this.ring.evictOlderThan(this.now() - this.retentionMs);
  }
}
