import type { ModuleFunctions } from '../api/module-functions.js';
import type { ListedLogs } from '../api/resources/telemetry.js';
import type { LogRow } from '../contract/index.js';
import type { LookedAt, Topic, TopicRows } from './topic.js';

/** Newest lines that the topic shows. */
const newestLogs = 500;
/** Characters of what came between two looks; what is beyond is only counted. */
const mostBetween = 2_097_152;

/** The newest log lines, and all that came since the last look, however many: what is too much is counted, not passed over. */
export class LogTopic implements Topic {
  /** Place in the log up to which it was looked at. */
  #seenTo: string | undefined;
  #seen: ReadonlySet<string> = new Set();

  constructor(private readonly modules: ModuleFunctions, private readonly search: string | undefined) {}

  async read(signal: AbortSignal): Promise<LookedAt> {
    const list = (more: object): Promise<ListedLogs> => this.modules.call<ListedLogs>('engine::logs::list', { limit: newestLogs, search: this.search, ...more }, { signal });
    const after = this.#seenTo;
    let page = await list({});
    const newest = page.newest_cursor;
    const rows: LogRow[] = [...page.logs];
    let missed = 0;
    if (after !== undefined && !page.logs.some(({ id }) => this.#seen.has(id))) {
      let room = mostBetween;
      do {
        page = await list({ after, cursor: page.next_cursor });
        rows.push(...page.logs);
        room -= JSON.stringify(page.logs).length;
      } while (page.next_cursor !== undefined && room > 0);
      missed = (page.older ?? 0) + (page.missed ?? 0);
    }
    this.#seenTo = newest;
    this.#seen = new Set(rows.map(({ id }) => id));
    return { rows: byId(rows), current: byId(rows.slice(0, newestLogs)), missed };
  }
}

/** Oldest first, from newest first. */
function byId(rows: readonly LogRow[]): TopicRows {
  return new Map([...rows].reverse().map((row) => [row.id, row]));
}
