import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The folder of one of the repository's examples. */
export const example = (name: string): string => fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url));

/**
 * Runs a program of an example that prints the URL it listens on, hands that URL to `use`, then ends the program with SIGTERM.
 * @returns its exit code
 */
export async function withProgram(name: string, file: string, use: (url: string) => Promise<void>): Promise<unknown> {
  const child = spawn(process.execPath, [file], { cwd: example(name), env: { ...process.env, NODE_OPTIONS: '', PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const found = /http:\/\/localhost:\d+/.exec(line);
        if (found !== null) resolve(found[0]);
      });
      void exited.then((code) => reject(new Error(`${file} ended with ${String(code)}`)));
    });
    await use(url);
  } finally {
    child.kill('SIGTERM');
  }
  return exited;
}
