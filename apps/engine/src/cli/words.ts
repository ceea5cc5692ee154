import { parseArgs } from 'node:util';
import { messageOf } from '@motia/engine-core/contract';
import { errors } from '../errors.js';

/** 23 days: nobody waits longer for a folder. */
export const longestWaitMs = 2_000_000_000;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevelName = (typeof logLevels)[number];

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
  function: { type: 'string' },
  group: { type: 'string' },
  code: { type: 'string' },
  dedup: { type: 'string' },
  delay: { type: 'string' },
  rate: { type: 'string' },
  head: { type: 'boolean' },
  from: { type: 'string' },
  to: { type: 'string' },
  'dry-run': { type: 'boolean' },
  version: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
} as const;

export type OptionName = keyof typeof optionSpecs;
/** Of every command. */
const everywhere: readonly OptionName[] = ['config', 'use-default-config', 'version', 'help'];

/** @throws `MOTIA_ENGINE_USAGE` */
export function parseWords(words: readonly string[]) {
  try {
    return parseArgs({ args: words.map((word) => (word === '--wait-lock' ? `--wait-lock=${longestWaitMs}` : word)), options: optionSpecs, allowPositionals: true, strict: true });
  } catch (cause) {
    const [problem = ''] = messageOf(cause).split('. ');
    throw errors.USAGE({ problem }, cause);
  }
}

export type Values = ReturnType<typeof parseWords>['values'];

/** An option without an effect would be taken for one that has it. @throws `MOTIA_ENGINE_USAGE` */
export function refuseOthers(command: string, values: Values, taken: readonly OptionName[]): void {
  const other = (Object.keys(values) as OptionName[]).find((name) => !taken.includes(name) && !everywhere.includes(name));
  if (other !== undefined) throw errors.USAGE({ problem: `--${other} does not belong to \`${command}\`${taken.length === 0 ? '' : `, which takes ${taken.map((name) => `--${name}`).join(', ')}`}` });
}

/** A whole number within a range. @throws `MOTIA_ENGINE_USAGE` */
export function wholeNumber(option: string, text: string, { least, most, unit = '' }: { readonly least: number; readonly most: number; readonly unit?: string }): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) throw errors.USAGE({ problem: `${option} is ${least} to ${most}${unit}, not ${text}` });
  return value;
}

/** Rows of a list. @throws `MOTIA_ENGINE_USAGE` */
export function limitOf(text: string | undefined): number {
  return wholeNumber('--limit', text ?? '50', { least: 1, most: 200 });
}
