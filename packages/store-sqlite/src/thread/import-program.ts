import { messageOf, type StoreProgram } from '@motia/engine-core/contract';
import type { ProgramSource } from './messages.js';
import { resolveProgram, whyNotImportable } from './resolve-program.js';

/** Why a program is not to be had here; no fault of anybody. */
export class NotImportable extends Error {}

/** Loads a program in this thread and makes sure that it is the one that the engine has. @throws NotImportable */
export async function importProgram(wanted: ProgramSource): Promise<StoreProgram> {
  const reason = whyNotImportable(wanted.source);
  if (reason !== undefined) throw new NotImportable(reason);
  const found = programIn(await load(wanted));
  if (found === undefined) throw new NotImportable(`${wanted.source.specifier} exports no storeProgram`);
  if (!isSame(found, wanted)) throw new NotImportable(`${wanted.source.specifier} is another version of "${wanted.name}" than the engine has`);
  return found;
}

async function load({ source }: ProgramSource): Promise<unknown> {
  try {
    return await import(resolveProgram(source));
  } catch (error) {
    throw new NotImportable(`${source.specifier} cannot be imported from ${source.from}: ${messageOf(error)}`);
  }
}

/** CommonJS may show its exports under `default` only. */
function programIn(module: unknown): StoreProgram | undefined {
  const { storeProgram, default: fallback } = module as { readonly storeProgram?: StoreProgram; readonly default?: { readonly storeProgram?: StoreProgram } };
  return storeProgram ?? fallback?.storeProgram;
}

function isSame(found: StoreProgram, wanted: ProgramSource): boolean {
  const commands = Object.keys(found.commands);
  return found.name === wanted.name && found.migrations.length === wanted.migrations && commands.length === wanted.commands.length && wanted.commands.every((command) => commands.includes(command));
}
