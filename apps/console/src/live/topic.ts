/** Rows of a topic by their keys. */
export type TopicRows = ReadonlyMap<string, unknown>;

/** Something that changes and can be watched. */
export interface Topic {
  /** What there is now. Called while somebody watches, and never twice at the same time. */
  read(signal: AbortSignal): Promise<TopicRows>;
}

/** Makes the topic behind a name such as `trace:<id>`, of the rows that a filter leaves. Undefined when there is none of that name. */
export type TopicFinder = (name: string, filter?: string) => Topic | undefined;

/** Rows in whose JSON a text stands, literally and whatever the case. */
export function filteredTopic(topic: Topic | undefined, filter: string | undefined): Topic | undefined {
  if (topic === undefined || filter === undefined) return topic;
  const wanted = filter.toLowerCase();
  return { read: async (signal) => new Map([...(await topic.read(signal))].filter(([key, row]) => `${key} ${JSON.stringify(row)}`.toLowerCase().includes(wanted))) };
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
