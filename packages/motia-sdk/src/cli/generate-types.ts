import { mkdir, readFile } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { replaceFile } from '../build/write-bundle.js';
import { collectSchemas } from '../typegen/collect-schemas.js';
import { renderDeclarations } from '../typegen/render-declarations.js';
import { describeFailure, exitCodeOf } from './describe-failure.js';
import { cliErrors } from './errors.js';
import { loadModules } from './load-modules.js';

/** Where types go unless `--output` says otherwise. */
export const defaultTypesFile = 'motia-env.d.ts';

export interface GenerateTypesOptions {
  /** The app's folder. */
  readonly cwd: string;
  /** Relative to `cwd`. Default `motia-env.d.ts`. */
  readonly output: string | undefined;
  /** Compare instead of writing. */
  readonly check: boolean;
}

/** What the command says, and its exit code. */
export interface CommandOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * Writes the types of streams and topics, or with `check` says whether they are as they would be written. Files that do not
 * load are reported and make the exit code 1; the types of all others are written all the same.
 */
export async function generateTypes(options: GenerateTypesOptions): Promise<CommandOutcome> {
  // Not thrown: the app may be loaded by then, and its timers would keep a process that only sets its exit code.
  return generate(options).catch((error: unknown) => ({ stdout: '', stderr: `${describeFailure(error)}\n`, exitCode: exitCodeOf(error) }));
}

async function generate({ cwd, output, check }: GenerateTypesOptions): Promise<CommandOutcome> {
  const schemas = await collectSchemas(await loadModules(cwd));
  const path = resolve(cwd, output ?? defaultTypesFile);
  const file = relative(cwd, path).split(sep).join('/');
  const command = `motia generate-types${file === defaultTypesFile ? '' : ` --output ${file}`}`;
  const text = renderDeclarations(schemas, command);
  const failures = schemas.problems.map(describeFailure);
  const found = await textOf(path);
  const counts = `${count(schemas.streams.size, 'stream')}, ${count(schemas.topics.size, 'topic')}`;
  const outcome = (line: string): CommandOutcome => ({ stdout: line, stderr: failures.map((failure) => `${failure}\n`).join(''), exitCode: failures.length === 0 ? 0 : 1 });
  if (found === text) return outcome(`${file} is up to date (${counts})\n`);
  if (check) {
    failures.push(describeFailure(cliErrors.TYPES_STALE({ file, command, state: found === undefined ? 'does not exist' : 'is out of date' })));
    return outcome('');
  }
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, text);
  return outcome(`Wrote ${file} (${counts})\n`);
}

/** Line ends are Git's affair. Undefined where there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).replaceAll('\r\n', '\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
