import { parseArgs } from 'node:util';
import { errors } from '../errors.js';

/** Which configuration the command is about. */
export type ConfigChoice = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'default' };

export type LogFormat = 'pretty' | 'json';
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevelName = (typeof logLevels)[number];

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
  | { readonly name: 'run'; readonly config: ConfigChoice; readonly logFormat?: LogFormat; readonly logLevel: LogLevelName; readonly waitLockMs?: number }
  | { readonly name: 'config-schema'; readonly config: ConfigChoice }
  | { readonly name: 'config-check'; readonly config: ConfigChoice }
  | { readonly name: 'functions'; readonly config: ConfigChoice; readonly json: boolean; readonly all: boolean }
  | { readonly name: 'logs'; readonly config: ConfigChoice; readonly json: boolean; readonly follow: boolean; readonly traceId?: string; readonly level?: LogLevelName; readonly limit: number }
  | { readonly name: 'traces'; readonly config: ConfigChoice; readonly json: boolean; readonly slow: boolean; readonly error: boolean; readonly limit: number }
  | { readonly name: 'trace'; readonly config: ConfigChoice; readonly json: boolean; readonly traceId: string }
  | { readonly name: 'queues' | 'crons' | 'workers'; readonly config: ConfigChoice; readonly json: boolean }
  | { readonly name: 'rotate-token'; readonly config: ConfigChoice; readonly readsToken: boolean; readonly graceMs: number; readonly disconnects: boolean }
  | { readonly name: 'invoke'; readonly config: ConfigChoice; readonly functionId: string; readonly payload?: string; readonly timeoutMs: number };

export const usage = `Usage: iii [options]                        run the engine
       iii config schema                    print the JSON Schema of config.yaml
       iii config check                     check config.yaml without starting anything
       iii functions [--json] [--all]       list the functions of the running engine
       iii invoke <function id> [payload]   call one, or a Step by its name; payload is JSON, '-' reads standard input

       iii logs [--follow] [--trace <id>]   what the engine, its modules and the Steps have logged
       iii traces [--slow] [--error]        the newest traces
       iii trace <id>                       one trace as a waterfall
       iii queues | crons | workers         depths and dead letters; schedules; worker processes
       (all of these take --json; logs and traces --limit <n>, at most 200)
       iii workers token rotate [-]         change the token of remote workers; prints the new one, '-' reads it from standard input

Options:
  -c, --config <file>       configuration file (default: config.yaml)
      --use-default-config  run the default modules without a file
      --log-format <form>   pretty or json (default: pretty on a terminal, json elsewhere)
      --log-level <level>   trace, debug, info, warn or error (default: info)
      --wait-lock[=<ms>]    stand by until another engine lets go of the data folder, so long at most
      --timeout <ms>        how long 'invoke' waits (default: 30000)
      --grace <ms>          how long former tokens are taken after 'rotate' (default: 0)
      --disconnect          let workers go that came with a former token, when its time is over
  -v, --version             print the version
  -h, --help                print this

Exit codes: 0 done, 64 usage, 70 internal, 73 data directory owned, 74 store unreadable, 78 config or port, 130 interrupted`;

/** 23 days: nobody waits longer for a folder. */
const longestWaitMs = 2_000_000_000;
/** Seven days, as the module for remote workers has it. */
const longestGraceMs = 604_800_000;

const optionSpecs = {
  config: { type: 'string', short: 'c' },
  'use-default-config': { type: 'boolean' },
  'log-format': { type: 'string' },
  'log-level': { type: 'string' },
  timeout: { type: 'string' },
  'wait-lock': { type: 'string' },
  json: { type: 'boolean' },
  follow: { type: 'boolean', short: 'f' },
  trace: { type: 'string' },
  level: { type: 'string' },
  limit: { type: 'string' },
  grace: { type: 'string' },
  disconnect: { type: 'boolean' },
  slow: { type: 'boolean' },
  error: { type: 'boolean' },
  all: { type: 'boolean' },
  version: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Turns the words after `iii` into a command. @throws `MOTIA_ENGINE_USAGE` */
export function parseCommand(words: readonly string[]): Command {
  const { values, positionals } = parseWords(words);
  if (values.help === true) return { name: 'help' };
  if (values.version === true) return { name: 'version' };
  if (values.config !== undefined && values['use-default-config'] === true) {
    throw errors.USAGE({ problem: '--config and --use-default-config exclude each other' });
  }
  const config: ConfigChoice = values['use-default-config'] === true ? { kind: 'default' } : { kind: 'file', path: values.config ?? 'config.yaml' };
  const [first, second, third, ...rest] = positionals;
  if (first === undefined) return runCommand(config, values);
  if (first === 'config' && (second === 'schema' || second === 'check') && third === undefined) return { name: `config-${second}`, config };
  if (first === 'config') throw errors.USAGE({ problem: `\`iii config\` needs one of schema and check${second === undefined ? '' : `, not: ${positionals.slice(1).join(' ')}`}` });
  if (first === 'functions' && second === undefined) return { name: 'functions', config, json: values.json === true, all: values.all === true };
  if (first === 'workers' && second !== undefined) return rotateCommand(config, positionals, values);
  const observing = observeCommand(config, positionals, values);
  if (observing !== undefined) return observing;
  if (first === 'invoke' && second !== undefined && rest.length === 0) {
    return { name: 'invoke', config, functionId: second, timeoutMs: parseTimeout(values.timeout), ...(third === undefined ? {} : { payload: third }) };
  }
  if (first === 'invoke' && second === undefined) throw errors.USAGE({ problem: '`iii invoke` needs a function id or the name of a Step' });
  throw errors.USAGE({ problem: `unknown command: ${positionals.join(' ')}` });
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({ args: words.map((word) => (word === '--wait-lock' ? `--wait-lock=${longestWaitMs}` : word)), options: optionSpecs, allowPositionals: true, strict: true });
  } catch (cause) {
    throw errors.USAGE({ problem: cause instanceof Error ? (cause.message.split('. ')[0] ?? cause.message) : String(cause) }, cause);
  }
}

type Values = ReturnType<typeof parseWords>['values'];

/** The commands that look at a running engine. Undefined when it is none of them. */
function observeCommand(config: ConfigChoice, [first, second, third]: readonly string[], values: Values): Command | undefined {
  const common = { config, json: values.json === true };
  if (first === 'trace' && third === undefined) {
    if (second === undefined) throw errors.USAGE({ problem: '`iii trace` needs the id of a trace (iii traces lists them)' });
    return { name: 'trace', ...common, traceId: traceIdOf(second) };
  }
  if (second !== undefined) return undefined;
  switch (first) {
    case 'logs': {
      const level = values.level === undefined ? undefined : levelOf('--level', values.level);
      return { name: 'logs', ...common, follow: values.follow === true, limit: limitOf(values.limit), ...(values.trace === undefined ? {} : { traceId: traceIdOf(values.trace) }), ...(level === undefined ? {} : { level }) };
    }
    case 'traces':
      return { name: 'traces', ...common, slow: values.slow === true, error: values.error === true, limit: limitOf(values.limit) };
    case 'queues':
    case 'crons':
    case 'workers':
      return { name: first, ...common };
    default:
      return undefined;
  }
}

function rotateCommand(config: ConfigChoice, positionals: readonly string[], { grace = '0', disconnect }: Values): Command {
  const [, second, third, input, ...rest] = positionals;
  if (second !== 'token' || third !== 'rotate' || (input ?? '-') !== '-' || rest.length > 0) throw errors.USAGE({ problem: `unknown command: ${positionals.join(' ')} (\`iii workers token rotate\` changes the token)` });
  const graceMs = Number(grace);
  if (grace.trim() === '' || !Number.isInteger(graceMs) || graceMs < 0 || graceMs > longestGraceMs) throw errors.USAGE({ problem: `--grace is 0 to ${longestGraceMs} milliseconds, not ${grace}` });
  return { name: 'rotate-token', config, readsToken: input === '-', graceMs, disconnects: disconnect === true };
}

function traceIdOf(text: string): string {
  if (!/^[0-9a-f]{32}$/i.test(text)) throw errors.USAGE({ problem: `the id of a trace is 32 hexadecimal digits, not ${text}` });
  return text.toLowerCase();
}

function limitOf(text: string | undefined): number {
  const limit = Number(text ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 200) throw errors.USAGE({ problem: `--limit is 1 to 200, not ${String(text)}` });
  return limit;
}

function levelOf(option: string, text: string): LogLevelName {
  const level = logLevels.find((known) => known === text);
  if (level === undefined) throw errors.USAGE({ problem: `${option} is one of ${logLevels.join(', ')}, not ${text}` });
  return level;
}

function runCommand(config: ConfigChoice, { 'log-format': format, 'log-level': level, 'wait-lock': wait }: Values): Command {
  if (format !== undefined && format !== 'pretty' && format !== 'json') throw errors.USAGE({ problem: `--log-format is pretty or json, not ${format}` });
  return { name: 'run', config, logLevel: levelOf('--log-level', level ?? 'info'), ...(format === undefined ? {} : { logFormat: format }), ...(wait === undefined ? {} : { waitLockMs: waitLockMsOf(wait) }) };
}

function waitLockMsOf(text: string): number {
  const waitMs = Number(text);
  if (text.trim() === '' || !Number.isInteger(waitMs) || waitMs < 0 || waitMs > longestWaitMs) throw errors.USAGE({ problem: `--wait-lock=<ms> is 0 to ${longestWaitMs} milliseconds, not ${text}` });
  return waitMs;
}

function parseTimeout(text: string | undefined): number {
  if (text === undefined) return 30_000;
  const timeoutMs = Number(text);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 86_400_000) throw errors.USAGE({ problem: `--timeout is 1 to 86400000 milliseconds, not ${text}` });
  return timeoutMs;
}
