import { defineOptions } from '@motia/engine-core';
import { Type, type Static } from '@sinclair/typebox';

const milliseconds = (defaultMs: number, description: string, minimum = 0) =>
  Type.Integer({ default: defaultMs, minimum, maximum: 86_400_000, unit: 'ms', description });
const globs = (description: string) => Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description }));

const schema = Type.Object({
  exec: Type.Array(
    Type.Union([
      Type.String({ minLength: 1, description: 'Run by the shell (`sh -c`).' }),
      Type.Array(Type.String(), { minItems: 1, description: 'Program and arguments, run without a shell.' }),
    ]),
    {
      minItems: 1,
      description: 'Commands in order. All but the last have to exit 0; the last is the long-lived process.',
    },
  ),
  watch: globs('Globs, relative to `cwd`, of files whose change in content reloads. `!pattern` excludes.'),
  ignore: globs('Globs that `watch` never sees, beside node_modules, dist, .git and the data folder.'),
  env: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Added to the environment that the processes inherit.' })),
  cwd: Type.Optional(Type.String({ minLength: 1, description: 'Working folder, relative to the folder of the config file, which is the default.' })),
  umask: Type.String({ default: '022', pattern: '^[0-7]{3,4}$', description: 'File mode mask of the processes, whatever that of the engine is. POSIX only.' }),
  replicas: Type.Integer({ default: 1, minimum: 1, maximum: 64, description: 'How many processes of the last command share the calls.' }),
  protocol: Type.Union([Type.Literal('auto'), Type.Literal('required'), Type.Literal('none')], {
    default: 'auto',
    description:
      'Whether the last process speaks the engine protocol. `auto`: a process that has written nothing like it within `handshake_timeout_ms` is just supervised. `required`: that is a failure. `none`: supervised at once.',
  }),
  handshake_timeout_ms: milliseconds(10_000, 'From the start of a process to its registration.', 1),
  heartbeat_interval_ms: milliseconds(5_000, 'Between pings; a process that misses three is killed as hung. 0 turns it off.'),
  command_timeout_ms: milliseconds(300_000, 'Longest run of one command that is not the last. 0 for no limit.'),
  debounce_ms: milliseconds(150, 'Quiet time after a file event before the files are looked at.'),
  stop_grace_ms: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 3_600_000, unit: 'ms', description: 'Time for calls in flight when a process is stopped. Default 3,000 in development, 20,000 in production.' }),
  ),
  term_timeout_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400_000, unit: 'ms', description: 'From SIGTERM to SIGKILL. Default 1,000 in development, 5,000 in production.' })),
  memory_limit_mb: Type.Integer({ default: 0, minimum: 0, unit: 'MiB', description: 'Resident memory of a process with its children at which it is replaced without a dropped call. 0 for no limit.' }),
  memory_check_interval_ms: milliseconds(5_000, 'How often `memory_limit_mb` is checked.', 50),
  restart_delay_ms: milliseconds(250, 'Wait before the first restart after a crash; doubles with each further one, ±20 %.'),
  restart_delay_max_ms: milliseconds(30_000, 'Longest wait before a restart.'),
  restart_reset_ms: milliseconds(10_000, 'Healthy time after which the wait starts over.'),
  restart_max_crashes: Type.Integer({ default: 5, minimum: 1, maximum: 1_000, description: 'Crashes within `restart_window_ms` after which it stays down until a watched file changes.' }),
  restart_window_ms: milliseconds(60_000, 'See `restart_max_crashes`.', 1),
  output_lines_per_second: Type.Integer({ default: 1_000, minimum: 1, description: 'Output lines of one process that are logged per second; the rest is counted.' }),
  runtime_dir: Type.Optional(Type.String({ minLength: 1, description: 'Folder for the list of started process groups that the next start sweeps. Default: one of the user in the system\'s temporary folder.' })),
});

/** Options as parsed, defaults filled in. */
export type ExecModuleOptions = Static<typeof schema>;
/** Options as written: only `exec` is needed. */
export type ExecModuleInput = Pick<ExecModuleOptions, 'exec'> & Partial<ExecModuleOptions>;

export const execOptions = defineOptions(schema);
