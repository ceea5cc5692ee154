import type { AnswerOf, DataPath } from '@motia/console/contract';
import type { DataClient } from './data-client.js';

/** Paths whose answers are pages. */
type ListPath = { [P in DataPath]: P extends `GET ${infer Path}` ? (AnswerOf<P> extends { readonly items: readonly unknown[]; readonly nextCursor: string | null } ? Path : never) : never }[DataPath];
type RowOf<P extends ListPath> = AnswerOf<`GET ${P}`> extends { readonly items: readonly (infer T)[] } ? T : never;

/** Every row of a list. */
export async function everything<P extends ListPath>(client: DataClient, path: P, query: Readonly<Record<string, boolean>> = {}): Promise<readonly RowOf<P>[]> {
  const rows: RowOf<P>[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.get<{ readonly items: readonly RowOf<P>[]; readonly nextCursor: string | null }>(path, { ...query, limit: 200, cursor });
    rows.push(...page.items);
    if (page.nextCursor === null) return rows;
    cursor = page.nextCursor;
  }
}
