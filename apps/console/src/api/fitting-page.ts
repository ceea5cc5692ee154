/** Rows of a module, and where they go on. */
export interface ModulePage<T> {
  readonly rows: readonly T[];
  readonly next: string | undefined;
}

/** Pages that are looked through for one answer. */
const mostPages = 20;

/**
 * The next rows that fit, of a list that its module gives out page by page. A page may hold fewer rows than asked for, or none
 * where little fits, and have a next one all the same: the cursor is the module's own.
 */
export async function fittingPage<T>(from: string | undefined, fits: ((row: T) => boolean) | undefined, read: (cursor: string | undefined) => Promise<ModulePage<T>>): Promise<ModulePage<T>> {
  let page = await read(from);
  if (fits === undefined) return page;
  let rows = page.rows.filter(fits);
  for (let pages = 1; rows.length === 0 && page.next !== undefined && pages < mostPages; pages += 1) {
    page = await read(page.next);
    rows = page.rows.filter(fits);
  }
  return { rows, next: page.next };
}
