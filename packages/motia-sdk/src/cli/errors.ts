import { defineErrors } from '@motia/protocol';

/** Conditions of the command line and of processes started by hand. */
export const cliErrors = defineErrors('SDK', {
  USAGE_INVALID: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly problem: string }) => d.problem,
    remedy: 'Run `motia --help` for commands and options.',
  },
  NOT_UNDER_ENGINE: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly entry: string }) => `${d.entry} serves the iii engine, and no engine started it.`,
    remedy: 'Run `npx motia dev` in the folder of your app, or start the engine with `npx iii`: its ExecModule runs this file. For an engine elsewhere set III_ENGINE_URL.',
  },
  ENGINE_NOT_INSTALLED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly cwd: string }) => `The engine is not installed: cannot find @motia/engine from ${d.cwd}`,
    remedy: 'Install it: npm i @motia/engine',
  },
  ENGINE_INCOMPATIBLE: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly path: string; readonly version: string }) => `@motia/engine ${d.version} at ${d.path} cannot be started by this motia: it has no runEngine`,
    remedy: 'Install versions that belong together: npm i motia@latest @motia/engine@latest',
  },
  BUNDLE_MISSING: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly path: string }) => `There is no production bundle: ${d.path} does not exist`,
    remedy: 'Run `motia build` first.',
  },
  TYPES_STALE: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly file: string; readonly state: 'does not exist' | 'is out of date'; readonly command: string }) => `${d.file} ${d.state}: run \`${d.command}\``,
    remedy: 'Run `motia generate-types`, with the same `--output`, and commit what it writes.',
  },
  EXEC_NOT_LAST: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly command: string }) => `\`${d.command}\` serves until it is stopped, so no command of the \`exec\` list can come after it`,
    remedy: 'Make it the last entry of `exec`.',
  },
});
