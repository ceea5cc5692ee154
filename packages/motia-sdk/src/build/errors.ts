import { defineErrors } from '@motia/protocol';
import type { SourceProblem } from './source-problem.js';
import { formatProblems } from './source-problem.js';

/** Conditions of building and loading an app. */
export const buildErrors = defineErrors('SDK', {
  BUILD_FAILED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly problems: readonly SourceProblem[] }) => `The app does not build:\n${formatProblems(d.problems)}`,
    remedy: 'Fix the places named above, then save or run the command again.',
  },
  STEP_LOAD_FAILED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly filePath: string; readonly problems: readonly SourceProblem[] }) => `${d.filePath} does not load:\n${formatProblems(d.problems)}`,
    remedy: 'Fix the place named in the message. In development all other files are served meanwhile.',
  },
  APP_LOAD_FAILED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly messages: readonly string[] }) => `The app does not start:\n${d.messages.map((message) => `  ${message}`).join('\n')}`,
    remedy: 'Fix the places named above. A version that was serving before goes on serving.',
  },
  NO_STEPS: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly cwd: string }) => `No step files under ${d.cwd}`,
    remedy: 'Add a file such as steps/hello.step.ts (steps/, src/ and streams/ are searched for *.step.* and *.stream.*), or run the command in the folder of your app.',
  },
});
