import type { AppBuild } from '../build/build.js';
import { formatProblems } from '../build/source-problem.js';

/** What a build says about itself, in lines. */
export function summary({ stepFiles, streamFiles, broken, warnings, durationMs }: AppBuild): string {
  const streams = streamFiles.length === 0 ? '' : ` and ${count(streamFiles.length, 'stream file')}`;
  const lines = [`Built ${count(stepFiles.length, 'step file')}${streams} in ${Math.round(durationMs)} ms`];
  if (stepFiles.length + streamFiles.length === 0) lines.push('No *.step.* or *.stream.* files under steps/, src/ or streams/ yet');
  if (warnings.length > 0) lines.push('Warnings:', formatProblems(warnings));
  if (broken.length > 0) lines.push(`${count(broken.length, 'file')} left out:`, formatProblems(broken.flatMap(({ problems }) => problems)));
  return `${lines.join('\n')}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
