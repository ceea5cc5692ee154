import { fileURLToPath } from 'node:url';

/** Path of a fixture program. */
export function program(name: string): string {
  return fileURLToPath(new URL(`../fixtures/programs/${name}.mjs`, import.meta.url));
}

/** The command that runs a fixture program, without a shell. */
export function node(name: string, ...args: string[]): readonly [string, ...string[]] {
  return [process.execPath, program(name), ...args];
}
