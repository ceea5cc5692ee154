/** Rows of a topic by their keys. */
export type TopicRows = ReadonlyMap<string, unknown>;

/** Something that changes and can be watched. */
export interface Topic {
  /** What there is now. Called while somebody watches, and never twice at the same time. */
  read(signal: AbortSignal): Promise<TopicRows>;
}

/** Makes the topic behind a name such as `trace:<id>`. Undefined when there is none of that name. */
export type TopicFinder = (name: string) => Topic | undefined;

/** What changed from one look to the next: rows that are new or different, and keys of those that are gone. */
export interface TopicDelta {
  readonly upsert: Readonly<Record<string, unknown>>;
  readonly remove: readonly string[];
}

/** Undefined when nothing changed. `seen` holds each row as the JSON that was sent last. */
export function deltaOf(seen: Map<string, string>, rows: TopicRows): TopicDelta | undefined {
  const upsert: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  let changes = 0;
  for (const [key, row] of rows) {
    const text = JSON.stringify(row);
    if (seen.get(key) === text) continue;
    seen.set(key, text);
    upsert[key] = row;
    changes += 1;
  }
  const remove = [...seen.keys()].filter((key) => !rows.has(key));
  for (const key of remove) seen.delete(key);
  return changes + remove.length === 0 ? undefined : { upsert, remove };
}
