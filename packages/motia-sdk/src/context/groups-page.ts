/** Names of groups, and where the others begin. */
export interface GroupsPage {
  readonly groups: readonly string[];
  readonly cursor?: string;
}

/** A list alone is all of them. */
export function readGroups(answer: unknown): GroupsPage {
  if (Array.isArray(answer)) return { groups: answer as string[] };
  const { groups, cursor } = (answer ?? {}) as { groups?: readonly string[]; cursor?: string | null };
  return { groups: groups ?? [], ...(typeof cursor === 'string' ? { cursor } : {}) };
}
