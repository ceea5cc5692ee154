import { defineErrors, type ErrorEntry } from '@motia/protocol';
import type { OptionProblem } from './contract/options.js';

/** One thing wrong with a configuration, with the place to look at. */
export interface ConfigProblem {
  readonly problem: string;
  /** Nearest known key, value or class path. */
  readonly suggestion?: string;
  /** A command that would help, e.g. `npm i @motia/module-queue`. */
  readonly command?: string;
  /** Where it stands: `config.yaml`, or `modules[0]` for modules handed over in code. */
  readonly source: string;
  /** Counted from 1; absent for modules handed over in code. */
  readonly line?: number;
  readonly column?: number;
  /** JSON pointer into the file or the options. */
  readonly pointer: string;
}

/** `config.yaml:3:5 /modules/0/config/prot: unknown key (did you mean "port"?)` */
export function formatConfigProblem(problem: ConfigProblem): string {
  const place = problem.line === undefined ? problem.source : `${problem.source}:${problem.line}:${problem.column ?? 1}`;
  const subject = problem.pointer === '' ? '' : ` ${problem.pointer}`;
  const suggestion = problem.suggestion === undefined ? '' : ` (did you mean "${problem.suggestion}"?)`;
  const command = problem.command === undefined ? '' : `; try: ${problem.command}`;
  return `${place}${subject}: ${problem.problem}${suggestion}${command}`;
}

function optionLines(problems: readonly OptionProblem[]): string {
  return problems
    .map(({ pointer, problem, suggestion }) => `${pointer === '' ? '(options)' : pointer} ${problem}${suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`}`)
    .join('; ');
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `\n  - ${line}`).join('');
}

/** More than a screen of problems helps nobody; `details` holds all. */
const mostShown = 50;

function firstOf<T>(problems: readonly T[]): readonly T[] {
  return problems.slice(0, mostShown);
}

function restOf(problems: readonly unknown[]): string {
  return problems.length > mostShown ? `\n  and ${problems.length - mostShown} more` : '';
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

const entry = <D>(value: Omit<ErrorEntry<D>, 'since' | 'status' | 'retryable'> & Partial<ErrorEntry<D>>): ErrorEntry<D> => ({
  status: 500,
  retryable: false,
  since: '0.1.0',
  ...value,
});

/** Conditions of configuration, loading and lifecycle. Those of calls, triggers and workers stand beside their code. */
export const engineErrors = defineErrors('ENGINE', {
  OPTIONS_INVALID: entry<{ readonly problems: readonly OptionProblem[] }>({
    status: 400,
    message: ({ problems }) => `Options are not valid: ${optionLines(problems)}.`,
    remedy: 'Correct the options named; the package README lists what each accepts.',
  }),
  CONFIG_INVALID: entry<{ readonly file?: string; readonly problems: readonly ConfigProblem[] }>({
    message: ({ problems }) => `The configuration has ${count(problems.length, 'problem')}:${list(firstOf(problems).map(formatConfigProblem))}${restOf(problems)}`,
    remedy: 'Correct every line named; nothing was started. `iii config check` repeats the check without starting.',
  }),
  CONFIG_NOT_FOUND: entry<{ readonly file: string }>({
    message: ({ file }) => `There is no configuration file at ${file}.`,
    remedy: 'Create it, name another with `--config`, or start with `--use-default-config`.',
  }),
  CONFIG_UNREADABLE: entry<{ readonly file: string; readonly reason: string }>({
    message: ({ file, reason }) => `The configuration file ${file} cannot be read: ${reason}.`,
    remedy: 'Make it a text file of at most 256 KiB that the engine may read.',
  }),
  DEFINITION_NOT_FOUND: entry<{ readonly specifier: string; readonly reason: string }>({
    message: ({ specifier, reason }) => `The package ${specifier} cannot be loaded: ${reason}.`,
    remedy: 'Install it beside the configuration file, or take it out of the configuration.',
  }),
  DEFINITION_INVALID: entry<{ readonly specifier: string; readonly problem: string }>({
    message: ({ specifier, problem }) => `${specifier} does not export a usable definition: ${problem}.`,
    remedy: 'Export what defineModule or defineAdapter returns, as default or by name.',
  }),
  CONTRACT_MISMATCH: entry<{ readonly name: string; readonly version: string; readonly found: unknown; readonly supported: number }>({
    message: ({ name, version, found, supported }) => `${name}@${version} is written for plugin contract ${String(found)}; this engine speaks contract ${supported}.`,
    remedy: 'Install the version of the module that fits this engine; its README has the table.',
  }),
  CLASS_UNKNOWN: entry<{ readonly class: string; readonly problem: string; readonly suggestion?: string }>({
    message: ({ class: name, problem, suggestion }) => `The class path ${name} cannot be used: ${problem}${suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`}.`,
    remedy: 'Correct the class path, install its package, or list the package that brings it under `packages:`.',
  }),
  ADAPTER_MISMATCH: entry<{ readonly class: string; readonly slot: string; readonly problem: string }>({
    message: ({ class: name, slot, problem }) => `${name} cannot fill the slot ${slot}: ${problem}.`,
    remedy: 'Name an adapter that was made for this slot.',
  }),
  SERVICE_MISSING: entry<{ readonly module: string; readonly service: string; readonly providers: readonly string[] }>({
    message: ({ module, service, providers }) =>
      `${module} needs the service ${service}, which no configured module provides${providers.length === 0 ? '' : `; ${providers.join(' or ')} would`}.`,
    remedy: 'Add a module that provides the service.',
  }),
  SERVICE_CONFLICT: entry<{ readonly service: string; readonly modules: readonly string[] }>({
    message: ({ service, modules }) => `The service ${service} is provided by different modules: ${modules.join(' and ')}.`,
    remedy: 'Keep one of them.',
  }),
  SERVICE_NOT_PROVIDED: entry<{ readonly service: string }>({
    status: 404,
    message: ({ service }) => `No module of this engine provides the service ${service}.`,
    remedy: 'Add the module that provides it, and ask after the engine has started.',
  }),
  DEPENDENCY_CYCLE: entry<{ readonly cycle: readonly string[] }>({
    message: ({ cycle }) => `Modules need each other in a circle: ${cycle.join(' -> ')}.`,
    remedy: 'Make one of the requirements optional, or merge the modules.',
  }),
  PHASE_TIMEOUT: entry<{ readonly module: string; readonly phase: string; readonly timeoutMs: number }>({
    message: ({ module, phase, timeoutMs }) => `${module} did not finish its ${phase} within ${timeoutMs} ms.`,
    remedy: 'Look at what the module waits for; `timeouts` of createEngine sets another limit.',
  }),
  MODULE_FAILED: entry<{ readonly module: string; readonly phase: string; readonly reason: string }>({
    message: ({ module, phase, reason }) => `${module} failed in its ${phase}: ${reason}`,
    remedy: 'The cause names the fault.',
  }),
  START_FAILED: entry<{ readonly reasons: readonly string[]; readonly codes: readonly string[] }>({
    message: ({ reasons }) => `The engine did not start; everything that had been started was stopped again.${list(reasons)}`,
    remedy: 'Mend what is named first; `cause.errors` holds every error.',
  }),
  START_INTERRUPTED: entry<Readonly<Record<never, never>>>({
    status: 503,
    message: () => 'The engine was stopped while it was still starting.',
    remedy: 'Nothing to do; make a new engine to start again.',
  }),
  STOP_FAILED: entry<{ readonly reasons: readonly string[]; readonly codes: readonly string[] }>({
    message: ({ reasons }) => `The engine stopped, with ${count(reasons.length, 'error')}:${list(reasons)}`,
    remedy: 'Every module was given its chance; `cause.errors` holds every error.',
  }),
  LIFECYCLE_ILLEGAL: entry<{ readonly subject: string; readonly state: string; readonly operation: string }>({
    status: 409,
    message: ({ subject, state, operation }) => `${subject} cannot ${operation} while it is ${state}.`,
    remedy: 'An engine starts once and stops once; make a new one with createEngine.',
  }),
});
