import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const program = fileURLToPath(new URL('fixtures/programs/logs-to-closed-stdout.mjs', import.meta.url));

/** Resolves with the first message that the test accepts. */
function message<T>(child: ChildProcess, matches: (value: T) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`the program ended: ${code ?? signal}`)));
    child.on('message', (value) => matches(value as T) && resolve(value as T));
  });
}

describe('standard output', () => {
  it.each(['json', 'pretty'])('may be closed by its reader: the engine goes on, drains, and exits 0 (%s lines, fault 50)', async (format) => {
    const child = fork(program, [format], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
    const errors: string[] = [];
    child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
    const exited = once(child, 'exit');
    try {
      await once(child.stdout as NodeJS.ReadableStream, 'data');
      child.stdout?.destroy();
      const { lines } = await message<{ lines: number }>(child, (value) => typeof value.lines === 'number');
      await message<{ lines: number }>(child, (value) => value.lines > lines + 500);
      child.send('stop');
      expect(await message<{ state: string }>(child, (value) => value.state !== undefined)).toEqual({ state: 'stopped' });
      expect(await exited).toEqual([0, null]);
      expect(errors.join('')).toBe('');
    } finally {
      child.kill('SIGKILL');
    }
  });
});
