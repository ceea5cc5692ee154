import { parseArgs } from 'node:util';

/** What a command line asks for; `invalid` says why it makes no sense. */
export type Command =
  | { readonly name: 'help'; readonly topic: CommandName | undefined }
  | { readonly name: 'version' }
  | { readonly name: 'invalid'; readonly problem: string }
  | { readonly name: 'dev'; readonly config: string | undefined; readonly external: readonly string[] }
  | { readonly name: 'start'; readonly config: string | undefined; readonly engine: string | undefined }
  | { readonly name: 'build'; readonly external: readonly string[] }
  | { readonly name: 'generate-types'; readonly output: string | undefined; readonly check: boolean };
export type CommandName = 'dev' | 'build' | 'start' | 'generate-types';

const commandNames: readonly string[] = ['dev', 'build', 'start', 'generate-types'] satisfies CommandName[];

const common = { help: { type: 'boolean', short: 'h' } } as const;
const external = { external: { type: 'string', short: 'e', multiple: true } } as const;
const config = { config: { type: 'string', short: 'c' } } as const;
const optionsOf = {
  dev: { ...common, ...config, ...external },
  build: { ...common, ...external },
  start: { ...common, ...config, engine: { type: 'string' } },
  'generate-types': { ...common, output: { type: 'string', short: 'o' }, check: { type: 'boolean' } },
} as const;

/** Reads the arguments after `motia`. */
export function parseCommand(args: readonly string[]): Command {
  const [first, ...rest] = args;
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') return { name: 'help', topic: asCommandName(rest[0]) };
  if (first === '--version' || first === '-v') return { name: 'version' };
  const name = asCommandName(first);
  if (name === undefined) {
    const problem = first.startsWith('-') ? `Unknown option: ${first}` : `Unknown command: ${first} (there are ${commandNames.join(', ')})`;
    return { name: 'invalid', problem };
  }
  const values = readOptions(name, rest);
  if (typeof values === 'string') return { name: 'invalid', problem: `motia ${name}: ${values}` };
  if (values.help === true) return { name: 'help', topic: name };
  switch (name) {
    case 'build':
      return { name, external: values.external ?? [] };
    case 'dev':
      return { name, config: values.config, external: values.external ?? [] };
    case 'start':
      if (values.config !== undefined && values.engine !== undefined) return { name: 'invalid', problem: 'motia start: --config is for an engine of its own, --engine for one that runs elsewhere; give one of them' };
      return { name, config: values.config, engine: values.engine };
    case 'generate-types':
      if (values.output === '') return { name: 'invalid', problem: 'motia generate-types: --output needs the name of a file' };
      return { name, output: values.output, check: values.check ?? false };
  }
}

interface OptionValues {
  readonly help?: boolean;
  readonly config?: string;
  readonly external?: readonly string[];
  readonly engine?: string;
  readonly output?: string;
  readonly check?: boolean;
}

function readOptions(name: CommandName, args: readonly string[]): OptionValues | string {
  try {
    return parseArgs({ args: [...args], options: optionsOf[name], strict: true, allowPositionals: false }).values as OptionValues;
  } catch (error) {
    // parseArgs explains itself well; its advice on `--` in the second sentence does not apply here.
    const [problem = ''] = (error as Error).message.split('. ');
    return problem;
  }
}

function asCommandName(text: string | undefined): CommandName | undefined {
  return text !== undefined && commandNames.includes(text) ? (text as CommandName) : undefined;
}
