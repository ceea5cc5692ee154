import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * Where the engine of one configuration listens for the `iii` command on the same machine. The same subject (an absolute
 * config path, or the folder of a default run) gives the same address in both programs. Short enough for the 104 bytes
 * that a unix socket address may have.
 */
export function controlAddress(subject: string, runtimeDir: string, platform: NodeJS.Platform): string {
  const key = createHash('sha256').update(subject).digest('hex').slice(0, 16);
  return platform === 'win32' ? `\\\\.\\pipe\\iii-${key}` : join(runtimeDir, `${key}.sock`);
}

/** The folder of the sockets: `III_RUNTIME_DIR`, else one per user below the system's folder for temporary files. */
export function runtimeDirectory(environment: Readonly<Record<string, string | undefined>>, temporaryDir: string, uid: number | undefined): string {
  return environment['III_RUNTIME_DIR'] ?? join(temporaryDir, `iii-${uid ?? 'user'}`);
}
