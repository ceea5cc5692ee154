import { isAbsolute, relative, resolve, sep } from 'node:path';
import picomatch from 'picomatch';

/** What to watch, worked out from globs. Paths in and out are absolute. */
export interface WatchPatterns {
  /** Folders (or single files) that hold everything the globs can match; none is inside another. */
  readonly bases: readonly string[];
  /** Whether a file is watched. */
  matches(path: string): boolean;
  /** Whether a folder may hold watched files: the walk skips the others. */
  mayHold(folder: string): boolean;
}

const ignoredFolders = ['node_modules', 'dist', '.git'];

interface Pattern {
  readonly base: string;
  /** How many folders below the base matched files may stand; 1 is the base itself. */
  readonly depth: number;
  readonly matches: (path: string) => boolean;
  /** Default ignores that the pattern does not itself name. */
  readonly ignored: readonly string[];
}

/**
 * Globs are relative to `cwd`; `!glob` among them excludes. node_modules, dist and .git are left out below the base
 * of a glob (`dist/**` names its folder and is watched), and so is `dataDir`.
 */
export function parseWatchPatterns(options: { readonly watch: readonly string[]; readonly ignore: readonly string[]; readonly cwd: string; readonly dataDir: string }): WatchPatterns {
  const { cwd } = options;
  const wanted = options.watch.filter((glob) => !glob.startsWith('!')).map((glob) => parsePattern(glob, cwd));
  const excluded = [...options.ignore, ...options.watch.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1))].map((glob) => parseExclusion(glob, cwd));
  const inDataDir = (path: string): boolean => isWithin(path, options.dataDir) && !wanted.some((pattern) => isWithin(pattern.base, options.dataDir));
  const isExcluded = (path: string): boolean => inDataDir(path) || excluded.some((excludes) => excludes(path));
  const isOpenTo = (pattern: Pattern, path: string): boolean =>
    isWithin(path, pattern.base) && !relative(pattern.base, path).split(sep).some((part) => pattern.ignored.includes(part));
  return {
    bases: outermost(wanted.map((pattern) => pattern.base)),
    matches: (path) => !isExcluded(path) && wanted.some((pattern) => isOpenTo(pattern, path) && pattern.matches(path)),
    mayHold: (folder) => wanted.some((pattern) => isWithin(pattern.base, folder) || (isOpenTo(pattern, folder) && depthBelow(folder, pattern.base) < pattern.depth && !isExcluded(folder))),
  };
}

function parsePattern(glob: string, cwd: string): Pattern {
  const scanned = picomatch.scan(toPosix(glob));
  const base = resolve(cwd, scanned.base);
  const ignored = ignoredFolders.filter((folder) => !scanned.base.split('/').includes(folder));
  if (scanned.glob === '') {
    // A plain path: a file, or a folder with all it holds.
    return { base, depth: Number.POSITIVE_INFINITY, ignored, matches: (path) => isWithin(path, base) };
  }
  const matches = picomatch(scanned.glob, { dot: false });
  const depth = scanned.glob.includes('**') || scanned.isExtglob ? Number.POSITIVE_INFINITY : scanned.glob.split('/').length;
  return { base, depth, ignored, matches: (path) => matches(toPosix(relative(base, path))) };
}

/** Excludes what the glob matches and, when it matches a folder, everything in it. */
function parseExclusion(glob: string, cwd: string): (path: string) => boolean {
  const scanned = picomatch.scan(toPosix(glob));
  const base = resolve(cwd, scanned.base);
  if (scanned.glob === '') return (path) => isWithin(path, base);
  const matches = picomatch([scanned.glob, `${scanned.glob}/**`], { dot: true });
  return (path) => isWithin(path, base) && matches(toPosix(relative(base, path)));
}

function depthBelow(folder: string, base: string): number {
  const way = relative(base, folder);
  return way === '' ? 0 : way.split(sep).length;
}

function outermost(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].filter((path, _, all) => !all.some((other) => other !== path && isWithin(path, other)));
}

/** True for the folder itself too. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function toPosix(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/');
}
