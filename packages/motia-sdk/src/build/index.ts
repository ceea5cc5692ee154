export { build } from './build.js';
export type { AppBuild, AppBuildOptions, AppMode } from './build.js';
export { buildErrors } from './errors.js';
export { formatProblem, formatProblems } from './source-problem.js';
export type { SourceProblem } from './source-problem.js';
