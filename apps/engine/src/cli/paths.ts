import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { controlAddress, runtimeDirectory } from '../control/socket-path.js';
import { errors } from '../errors.js';
import type { ConfigChoice } from './args.js';

export interface ConfigSubject {
  /** Absolute path of the config file; undefined for the default modules. */
  readonly configPath: string | undefined;
  /** What the control socket is named after: the file, or the folder of a default run. */
  readonly subject: string;
}

/** Resolves the configuration that a command is about. @throws `MOTIA_ENGINE_CONFIG_FILE_MISSING` */
export function resolveSubject(choice: ConfigChoice, cwd: string): ConfigSubject {
  if (choice.kind === 'default') return { configPath: undefined, subject: resolve(cwd) };
  const configPath = resolve(cwd, choice.path);
  if (!existsSync(configPath)) throw errors.CONFIG_FILE_MISSING({ path: configPath });
  return { configPath, subject: configPath };
}

/** The control socket's address for a subject on this machine. */
export function controlAddressOf(subject: string): string {
  return controlAddress(subject, runtimeDirectory(process.env, tmpdir(), process.getuid?.()), process.platform);
}

/** Options of the ControlModule of a subject. */
export function controlOptionsOf(subject: string): { readonly address: string; readonly uid?: number } {
  const uid = process.getuid?.();
  return { address: controlAddressOf(subject), ...(uid === undefined ? {} : { uid }) };
}
