import { defineErrors } from '@motia/engine-core/contract';

/** Conditions of the `iii` command itself; the engine's own are in engine-core. */
export const errors = defineErrors('ENGINE', {
  USAGE: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: ({ problem }: { readonly problem: string }) => problem,
    remedy: 'Run `iii --help` for the commands and options.',
  },
  CONFIG_FILE_MISSING: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: ({ path }: { readonly path: string }) => `There is no configuration file ${path}.`,
    remedy: 'Name one with `iii -c <file>`, or run `iii --use-default-config` for the default modules.',
  },
  NOT_RUNNING: {
    status: 503,
    retryable: true,
    since: '0.1.0',
    message: ({ subject }: { readonly subject: string }) => `No engine is running for ${subject}.`,
    remedy: 'Start it with `iii` in another terminal (same -c), then run this command again.',
  },
  STEP_AMBIGUOUS: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: ({ step, functionIds }: { readonly step: string; readonly functionIds: readonly string[] }) => `The Step "${step}" has ${functionIds.length} triggers, each with a function of its own: ${functionIds.join(', ')}.`,
    remedy: 'Name the function: iii invoke <function id>.',
  },
  TARGET_UNKNOWN: {
    status: 404,
    retryable: false,
    since: '0.1.0',
    message: ({ noun, given, nearest }: { readonly noun: string; readonly given: string; readonly nearest: readonly string[] }) => `None of the ${noun} is called "${given}"${nearest.length === 0 ? '' : `; near it are ${nearest.join(', ')}`}.`,
    remedy: 'List what there is with `iii queues`, `iii crons`, `iii workers` or `iii functions`; an id, its beginning, or the name of the function or Step will do.',
  },
  TARGET_AMBIGUOUS: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: ({ noun, given, ids }: { readonly noun: string; readonly given: string; readonly ids: readonly string[] }) => `${ids.length} of the ${noun} are called "${given}": ${ids.join(', ')}.`,
    remedy: 'Name one of them by its id, in quotes where that has a space in it.',
  },
  PAYLOAD_INVALID: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: ({ problem }: { readonly problem: string }) => `The payload is not valid JSON: ${problem}`,
    remedy: "Quote it for the shell, e.g. iii invoke my::function '{\"name\":\"Ada\"}', or pass '-' and pipe it in.",
  },
  COMMAND_ONLY: {
    status: 403,
    retryable: false,
    since: '0.1.0',
    message: ({ functionId }: { readonly functionId: string }) => `${functionId} answers only the iii command of the user who runs the engine.`,
    remedy: 'Run the `iii` command that it belongs to, on the machine of the engine.',
  },
  NO_REMOTE_WORKERS: {
    status: 409,
    retryable: false,
    since: '0.1.0',
    message: (_: Record<never, never>) => 'This engine takes no remote workers, so they have no token.',
    remedy: 'Add modules::worker::WorkerModule to the configuration.',
  },
  CONTROL_SOCKET_FAILED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: ({ path, problem }: { readonly path: string; readonly problem: string }) => `The control socket ${path} cannot be opened: ${problem}`,
    remedy: 'Check that the folder is yours and not readable by others, or point III_RUNTIME_DIR at one that is.',
  },
});
