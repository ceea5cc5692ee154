import { readFileSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceProblem } from '../build/source-problem.js';

const headLine = /^(?:file:\/\/)?(\S.*):(\d+)$/;
const frame = /^\s*at (?:.*? \()?((?:file:\/\/)?[^()]+):(\d+):(\d+)\)?$/;

/**
 * Says where in the user's sources an import failed, from the source-mapped stack: the first line names the place of a
 * SyntaxError, else the innermost frame of the app's own files does. Falls back to the imported file, if one is known.
 */
export function locateFailure(error: unknown, filePath?: string, cwd: string = process.cwd()): SourceProblem {
  const cause = error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}`;
  const [first = '', ...rest] = (error instanceof Error ? (error.stack ?? '') : '').split('\n');
  const head = headLine.exec(first);
  if (head?.[1] !== undefined) {
    const file = toPath(head[1]);
    return withLine({ file: ownPath(file, cwd) ?? file, line: Number(head[2]), cause }, cwd);
  }
  for (const line of rest) {
    const match = frame.exec(line);
    const file = match?.[1] === undefined ? undefined : ownPath(match[1], cwd);
    if (file !== undefined) return withLine({ file, line: Number(match?.[2]), column: Number(match?.[3]), cause }, cwd);
  }
  return { file: filePath, cause };
}

/** Relative path of a source file of the app; bundles (which keep their `file:` URLs) and packages are not its sources. */
function ownPath(path: string, cwd: string): string | undefined {
  if (!isAbsolute(path)) return undefined;
  const own = relative(cwd, path);
  const parts = own.split(sep);
  return parts[0] === '..' || isAbsolute(own) || parts.includes('node_modules') ? undefined : parts.join('/');
}

function toPath(place: string): string {
  return place.startsWith('/') || !place.includes('://') ? place : fileURLToPath(place);
}

function withLine(problem: SourceProblem & { readonly file: string; readonly line: number }, cwd: string): SourceProblem {
  try {
    const path = isAbsolute(problem.file) ? problem.file : join(cwd, problem.file);
    return { ...problem, lineText: readFileSync(path, 'utf8').split('\n')[problem.line - 1]?.trimEnd() };
  } catch {
    // The source is not there any more, or was never on this machine: the place alone must do.
    return problem;
  }
}
