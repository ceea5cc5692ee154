import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { engineErrors } from '../errors.js';
import type { Environment } from '../system/environment.js';
import type { ConfigDocument } from './config-document.js';

/** A config file never needs more; a larger one is a mistake or an attack. */
export const largestConfigBytes = 262_144;

export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  /** Folder that relative paths in the file start from. */
  readonly folder: string;
  /** Name shown in problems. */
  readonly source: string;
  readonly text: string;
  readonly document: ConfigDocument;
}

/**
 * Reads a YAML file and puts environment variables in. What is wrong inside comes back as problems of the document.
 * @throws `MOTIA_ENGINE_CONFIG_NOT_FOUND`, `MOTIA_ENGINE_CONFIG_UNREADABLE` (no text, over 256 KiB, no permission)
 */
export async function readConfigFile(file: string, options: { readonly folder: string; readonly environment: Environment }): Promise<ConfigFile> {
  const path = resolve(options.folder, file);
  const source = basename(path);
  const text = await readConfigText(path);
  // Loaded only now: an engine that is composed in code never needs a YAML parser.
  const { readConfigDocument } = await import('./config-document.js');
  return { path, folder: dirname(path), source, text, document: readConfigDocument(text, { source, environment: options.environment }) };
}

/** @throws `MOTIA_ENGINE_CONFIG_NOT_FOUND`, `MOTIA_ENGINE_CONFIG_UNREADABLE` */
export async function readConfigText(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw engineErrors.CONFIG_UNREADABLE({ file: path, reason: 'it is not UTF-8 text' }, error);
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size <= largestConfigBytes) {
      const bytes = await readFile(path);
      if (bytes.byteLength <= largestConfigBytes) return bytes;
    }
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw engineErrors.CONFIG_NOT_FOUND({ file: path }, error);
    throw engineErrors.CONFIG_UNREADABLE({ file: path, reason: String(code ?? error) }, error);
  }
  throw engineErrors.CONFIG_UNREADABLE({ file: path, reason: `it is larger than ${largestConfigBytes} bytes` });
}
