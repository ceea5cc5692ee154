import { errors } from '../errors.js';
import type { VerbRequest } from './verbs/verb.js';
import { verbs, type Noun } from './verbs/verbs.js';
import { limitOf, logLevels, longestWaitMs, parseWords, refuseOthers, wholeNumber, type LogLevelName, type OptionName, type Values } from './words.js';

/** Which configuration the command is about. */
export type ConfigChoice = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'default' };

export type LogFormat = 'pretty' | 'json';

export type Command =
  | { readonly name: 'help'; readonly noun?: Noun }
  | { readonly name: 'version' }
  | { readonly name: 'run'; readonly config: ConfigChoice; readonly logFormat?: LogFormat; readonly logLevel: LogLevelName; readonly waitLockMs?: number }
  | { readonly name: 'config-schema'; readonly config: ConfigChoice }
  | { readonly name: 'config-check'; readonly config: ConfigChoice }
  | { readonly name: 'functions'; readonly config: ConfigChoice; readonly json: boolean; readonly all: boolean }
  | { readonly name: 'logs'; readonly config: ConfigChoice; readonly json: boolean; readonly follow: boolean; readonly traceId?: string; readonly level?: LogLevelName; readonly limit: number }
  | { readonly name: 'traces'; readonly config: ConfigChoice; readonly json: boolean; readonly slow: boolean; readonly error: boolean; readonly limit: number }
  | { readonly name: 'trace'; readonly config: ConfigChoice; readonly json: boolean; readonly traceId: string }
  | { readonly name: Noun; readonly config: ConfigChoice; readonly json: boolean }
  | { readonly name: 'verb'; readonly config: ConfigChoice; readonly json: boolean; readonly noun: Noun; readonly verb: string; readonly request: VerbRequest }
  | { readonly name: 'rotate-token'; readonly config: ConfigChoice; readonly readsToken: boolean; readonly graceMs: number; readonly disconnects: boolean }
  | { readonly name: 'invoke'; readonly config: ConfigChoice; readonly functionId: string; readonly payload?: string; readonly timeoutMs: number };

/** Seven days, as the module for remote workers has it. */
const longestGraceMs = 604_800_000;

/** Turns the words after `iii` into a command. @throws `MOTIA_ENGINE_USAGE` */
export function parseCommand(words: readonly string[]): Command {
  const { values, positionals } = parseWords(words);
  const [first, second] = positionals;
  if (values.help === true) return isNoun(first) ? { name: 'help', noun: first } : { name: 'help' };
  if (values.version === true) return { name: 'version' };
  if (values.config !== undefined && values['use-default-config'] === true) throw errors.USAGE({ problem: '--config and --use-default-config exclude each other' });
  const config: ConfigChoice = values['use-default-config'] === true ? { kind: 'default' } : { kind: 'file', path: values.config ?? 'config.yaml' };
  if (first === undefined) return runCommand(config, values);
  if (first === 'config') return configCommand(config, positionals, values);
  if (first === 'invoke') return invokeCommand(config, positionals, values);
  if (first === 'workers' && second === 'token') return rotateCommand(config, positionals, values);
  if (isNoun(first) && second !== undefined) return verbCommand(first, config, positionals.slice(1), values);
  const looking = lookCommand(config, positionals, values);
  if (looking === undefined) throw errors.USAGE({ problem: `unknown command: ${positionals.join(' ')}` });
  return looking;
}

function isNoun(word: string | undefined): word is Noun {
  return word !== undefined && Object.hasOwn(verbs, word);
}

function configCommand(config: ConfigChoice, [, second, ...rest]: readonly string[], values: Values): Command {
  if ((second !== 'schema' && second !== 'check') || rest.length > 0) {
    throw errors.USAGE({ problem: `\`iii config\` needs one of schema and check${second === undefined ? '' : `, not: ${[second, ...rest].join(' ')}`}` });
  }
  refuseOthers(`iii config ${second}`, values, []);
  return { name: `config-${second}`, config };
}

function invokeCommand(config: ConfigChoice, positionals: readonly string[], values: Values): Command {
  const [, functionId, payload, ...rest] = positionals;
  if (functionId === undefined) throw errors.USAGE({ problem: '`iii invoke` needs a function id or the name of a Step' });
  if (rest.length > 0) throw errors.USAGE({ problem: `unknown command: ${positionals.join(' ')}` });
  refuseOthers('iii invoke', values, ['timeout']);
  const timeoutMs = values.timeout === undefined ? 30_000 : wholeNumber('--timeout', values.timeout, { least: 1, most: 86_400_000, unit: ' milliseconds' });
  return { name: 'invoke', config, functionId, timeoutMs, ...(payload === undefined ? {} : { payload }) };
}

/** `iii <noun> <verb> <target> …`. */
function verbCommand(noun: Noun, config: ConfigChoice, [word = '', ...operands]: readonly string[], values: Values): Command {
  const verb = Object.hasOwn(verbs[noun], word) ? verbs[noun][word] : undefined;
  if (verb === undefined) throw errors.USAGE({ problem: `unknown command: iii ${noun} ${word} (there are ${[...Object.keys(verbs[noun]), ...(noun === 'workers' ? ['token rotate'] : [])].join(', ')})` });
  const spoken = `iii ${noun} ${word}`;
  refuseOthers(spoken, values, verb.options);
  const request = verb.read(operands, values);
  if (request === undefined) throw errors.USAGE({ problem: `it is: ${spoken} ${verb.operands}` });
  return { name: 'verb', config, json: values.json === true, noun, verb: word, request };
}

/** The commands that look at a running engine. Undefined when it is none of them. */
function lookCommand(config: ConfigChoice, [first = '', second, third]: readonly string[], values: Values): Command | undefined {
  const common = { config, json: values.json === true };
  const takes = (...options: readonly OptionName[]): void => refuseOthers(`iii ${first}`, values, ['json', ...options]);
  if (first === 'trace' && third === undefined) {
    if (second === undefined) throw errors.USAGE({ problem: '`iii trace` needs the id of a trace (iii traces lists them)' });
    takes();
    return { name: 'trace', ...common, traceId: traceIdOf(second) };
  }
  if (second !== undefined) return undefined;
  switch (first) {
    case 'functions':
      takes('all');
      return { name: 'functions', ...common, all: values.all === true };
    case 'logs': {
      takes('follow', 'trace', 'level', 'limit');
      const level = values.level === undefined ? undefined : levelOf('--level', values.level);
      return { name: 'logs', ...common, follow: values.follow === true, limit: limitOf(values.limit), ...(values.trace === undefined ? {} : { traceId: traceIdOf(values.trace) }), ...(level === undefined ? {} : { level }) };
    }
    case 'traces':
      takes('slow', 'error', 'limit');
      return { name: 'traces', ...common, slow: values.slow === true, error: values.error === true, limit: limitOf(values.limit) };
    case 'queues':
    case 'crons':
    case 'workers':
      takes();
      return { name: first, ...common };
    default:
      return undefined;
  }
}

function rotateCommand(config: ConfigChoice, positionals: readonly string[], values: Values): Command {
  const [, , third, input, ...rest] = positionals;
  if (third !== 'rotate' || (input ?? '-') !== '-' || rest.length > 0) throw errors.USAGE({ problem: `unknown command: ${positionals.join(' ')} (\`iii workers token rotate\` changes the token)` });
  refuseOthers('iii workers token rotate', values, ['grace', 'disconnect']);
  const graceMs = wholeNumber('--grace', values.grace ?? '0', { least: 0, most: longestGraceMs, unit: ' milliseconds' });
  return { name: 'rotate-token', config, readsToken: input === '-', graceMs, disconnects: values.disconnect === true };
}

function traceIdOf(text: string): string {
  if (!/^[0-9a-f]{32}$/i.test(text)) throw errors.USAGE({ problem: `the id of a trace is 32 hexadecimal digits, not ${text}` });
  return text.toLowerCase();
}

function levelOf(option: string, text: string): LogLevelName {
  const level = logLevels.find((known) => known === text);
  if (level === undefined) throw errors.USAGE({ problem: `${option} is one of ${logLevels.join(', ')}, not ${text}` });
  return level;
}

function runCommand(config: ConfigChoice, values: Values): Command {
  const { 'log-format': format, 'log-level': level, 'wait-lock': wait } = values;
  refuseOthers('iii', values, ['log-format', 'log-level', 'wait-lock']);
  if (format !== undefined && format !== 'pretty' && format !== 'json') throw errors.USAGE({ problem: `--log-format is pretty or json, not ${format}` });
  return {
    name: 'run', config, logLevel: levelOf('--log-level', level ?? 'info'), ...(format === undefined ? {} : { logFormat: format }),
    ...(wait === undefined ? {} : { waitLockMs: wholeNumber('--wait-lock=<ms>', wait, { least: 0, most: longestWaitMs, unit: ' milliseconds' }) }),
  };
}
