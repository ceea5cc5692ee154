import { join } from 'node:path';

/**
 * Reads the `.env` file of a folder into the environment, where there is one. What is set already stays as it is.
 * @throws Error of Node for a file that cannot be read
 */
export function loadEnvironmentFile(folder: string): void {
  // Bun has read it before the program began.
  if (typeof process.loadEnvFile !== 'function') return;
  try {
    process.loadEnvFile(join(folder, '.env'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
