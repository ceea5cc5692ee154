import { readText, repositoryFiles } from '../workspace/repository-files.mjs';

const isSource = (file) => /^(packages|apps)\/[^/]+\/src\/.*\.tsx?$|^tools\/.*\.mjs$/.test(file) && !/\/(generated|fixtures)\//.test(file);
const hardLimit = 400;
const p90Limit = 250;

/** Own sources, tests and generated code excluded: nine files in ten hold at most 250 lines, none more than 400. */
export function checkFileSizes(root) {
  const sizes = repositoryFiles(root)
    .filter(isSource)
    .map((file) => ({ file, lines: (readText(root, file) ?? '').split('\n').length - 1 }))
    .sort((a, b) => a.lines - b.lines);
  const faults = sizes.filter(({ lines }) => lines > hardLimit).map(({ file, lines }) => `${file}: ${lines} lines, over ${hardLimit}`);
  const p90 = sizes[Math.floor((sizes.length - 1) * 0.9)];
  if (p90 !== undefined && p90.lines > p90Limit) faults.push(`the 90th percentile is ${p90.lines} lines (${p90.file}), over ${p90Limit}`);
  return faults;
}
