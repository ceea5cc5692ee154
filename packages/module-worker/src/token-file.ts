import { randomBytes } from 'node:crypto';
import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { workerErrors } from './errors.js';

export const shortestToken = 16;
export const longestToken = 4096;

/** A new random token: 256 bits, safe in a URL and in a shell. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** The token in a file, without the white space around it. @throws `MOTIA_WORKER_TOKEN_FILE_UNUSABLE` */
export async function readTokenFile(file: string): Promise<{ readonly token: string; readonly isOpenToOthers: boolean }> {
  const token = (await attempt(file, () => readFile(file, 'utf8'))).trim();
  if (token.length < shortestToken || token.length > longestToken) {
    throw workerErrors.TOKEN_FILE_UNUSABLE({ file, reason: `what it holds is ${token.length} characters long, and a token has ${shortestToken} to ${longestToken}` });
  }
  const { mode } = await attempt(file, () => stat(file));
  return { token, isOpenToOthers: platform() !== 'win32' && (mode & 0o077) !== 0 };
}

/** Replaces the token in one step: whoever reads finds the old or the new one. Readable by its owner alone. @throws `MOTIA_WORKER_TOKEN_FILE_UNUSABLE` */
export async function writeTokenFile(file: string, token: string): Promise<void> {
  const target = await attempt(file, () => realpath(file));
  const beside = `${target}.${randomBytes(6).toString('hex')}`;
  try {
    await attempt(file, async () => {
      await writeFile(beside, `${token}\n`, { mode: 0o600, flag: 'wx', flush: true });
      await rename(beside, target);
    });
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function attempt<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw workerErrors.TOKEN_FILE_UNUSABLE({ file, reason: (error as NodeJS.ErrnoException).code ?? String(error) }, error);
  }
}
