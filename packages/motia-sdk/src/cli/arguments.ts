import { parseArgs } from 'node:util';

/** What a command line asks for; `invalid` says why it makes no sense. */
export type Command =
  | { readonly name: 'help'; readonly topic: CommandName | undefined }
  | { readonly name: 'version' }
  | { readonly name: 'invalid'; readonly problem: string }
  | { readonly name: 'dev' | 'start'; readonly config: string | undefined; readonly external: readonly string[] }
  | { readonly name: 'build'; readonly external: readonly string[] };
export type CommandName = 'dev' | 'build' | 'start';

const commandNames: readonly string[] = ['dev', 'build', 'start'] satisfies CommandName[];

const common = { help: { type: 'boolean', short: 'h' } } as const;
const external = { external: { type: 'string', short: 'e', multiple: true } } as const;
const config = { config: { type: 'string', short: 'c' } } as const;
const optionsOf = {
  dev: { ...common, ...config, ...external },
  build: { ...common, ...external },
  start: { ...common, ...config },
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
  return name === 'build' ? { name, external: values.external ?? [] } : { name, config: values.config, external: values.external ?? [] };
}

interface OptionValues {
  readonly help?: boolean;
  readonly config?: string;
  readonly external?: readonly string[];
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
