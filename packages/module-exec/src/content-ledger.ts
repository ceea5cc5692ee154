import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Hash of a file's content; undefined when there is no such file. */
export type ReadDigest = (path: string) => Promise<string | undefined>;

/** Remembers what watched files held, so that a touch, a save without a change or a change taken back is no change. */
export class ContentLedger {
  readonly #known = new Map<string, string>();

  constructor(private readonly readDigest: ReadDigest) {}

  /** Takes a file's present content as the base line. */
  async note(path: string): Promise<void> {
    const digest = await this.readDigest(path);
    if (digest !== undefined) this.#known.set(path, digest);
  }

  /** Which of the files differ from what was known; from then on the present content is. */
  async changed(paths: Iterable<string>): Promise<readonly string[]> {
    const changed: string[] = [];
    for (const path of paths) {
      const digest = await this.readDigest(path);
      if (digest === this.#known.get(path)) continue;
      changed.push(path);
      if (digest === undefined) this.#known.delete(path);
      else this.#known.set(path, digest);
    }
    return changed;
  }

  get size(): number {
    return this.#known.size;
  }
}

/** Files over this are told apart by size and time: hashing them would cost more than a needless reload. */
const hashedBytes = 8 * 1024 * 1024;

/** Digest of a file on disk. One that cannot be read counts as absent until it can. */
export async function fileDigest(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const info = await file.stat();
    if (!info.isFile()) return undefined;
    if (info.size > hashedBytes) return `${info.size}@${info.mtimeMs}`;
    return createHash('sha1').update(await file.readFile()).digest('base64');
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
