/** Rows of a topic by their keys. */
export type TopicRows = ReadonlyMap<string, unknown>;

/** What a look at a topic found. */
export interface LookedAt {
  readonly rows: TopicRows;
  /** Those of them that whoever comes new gets; default all. */
  readonly current?: TopicRows;
  /** Rows that came and went, or were too many, since the last look: at least so many. */
  readonly missed: number;
}

/** Something that changes and can be watched. */
export interface Topic {
  /** What there is now. Called while somebody watches, and never twice at the same time. */
  read(signal: AbortSignal): Promise<TopicRows | LookedAt>;
}

/** Makes the topic behind a name such as `trace:<id>`, of the rows that a filter leaves. Undefined when there is none of that name. */
export type TopicFinder = (name: string, filter?: string) => Topic | undefined;

/** Rows in whose JSON a text stands, literally and whatever the case. */
export function filteredTopic(topic: Topic | undefined, filter: string | undefined): Topic | undefined {
  if (topic === undefined || filter === undefined) return topic;
  const wanted = filter.toLowerCase();
  return {
    async read(signal) {
      const rows = await topic.read(signal);
      return new Map([...lookedAt(rows).rows].filter(([key, row]) => `${key} ${JSON.stringify(row)}`.toLowerCase().includes(wanted)));
    },
  };
}

/** Most topics miss nothing. */
export function lookedAt(found: TopicRows | LookedAt): LookedAt {
  return 'missed' in found ? found : { rows: found, missed: 0 };
}

/** What changed from one look to the next: rows that are new or different, and keys of those that are gone. */
export interface TopicDelta {
  readonly upsert: Readonly<Record<string, unknown>>;
  readonly remove: readonly string[];
}

/** `delta` is undefined when nothing changed; `length`: characters in it. `seen` holds each row as the JSON that was sent last. */
export function deltaOf(seen: Map<string, string>, rows: TopicRows): { readonly delta: TopicDelta | undefined; readonly length: number } {
  const upsert: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  let changes = 0;
  let length = 0;
  for (const [key, row] of rows) {
    const text = JSON.stringify(row);
    if (seen.get(key) === text) continue;
    seen.set(key, text);
    upsert[key] = row;
    changes += 1;
    length += key.length + text.length;
  }
  const remove = [...seen.keys()].filter((key) => !rows.has(key));
  for (const key of remove) seen.delete(key);
  return { delta: changes + remove.length === 0 ? undefined : { upsert, remove }, length };
}
