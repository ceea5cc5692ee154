/** Where a page begins: nothing for the first one. */
export interface PageStart {
  readonly cursor?: string;
}

/** All pages of a list, one after the other: each is asked for once the one before it has been gone through. */
export async function* pages<P extends { readonly cursor?: string }>(read: (from: PageStart) => Promise<P>): AsyncGenerator<P, void> {
  for (let from: PageStart = {}; ; ) {
    const page = await read(from);
    yield page;
    if (page.cursor === undefined) return;
    from = { cursor: page.cursor };
  }
}
