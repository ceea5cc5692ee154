/** Something wrong in a source file. */
export interface SourceProblem {
  /** Relative to the app's folder, with forward slashes; absent when no file can be named. */
  readonly file?: string | undefined;
  /** From 1. */
  readonly line?: number | undefined;
  /** From 1. */
  readonly column?: number | undefined;
  readonly cause: string;
  /** The line as it stands in the file, without blanks at its end. */
  readonly lineText?: string | undefined;
}

/** One problem as `file:line:column: cause`, as far as they are known. */
export function formatProblem(problem: SourceProblem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  return place === '' ? problem.cause : `${place}: ${problem.cause}`;
}

/** Indented block, one problem after the other, each with its line of code where it is known. */
export function formatProblems(problems: readonly SourceProblem[]): string {
  return problems
    .map((problem) => `  ${formatProblem(problem)}${problem.lineText ? `\n    ${String(problem.line ?? '')} | ${problem.lineText}` : ''}`)
    .join('\n');
}
