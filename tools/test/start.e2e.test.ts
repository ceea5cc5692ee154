import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '@motia/tools/testing';

const start = fileURLToPath(new URL('../start.mjs', import.meta.url));
const startMs = 60_000;

/** The first answer of the quickstart; keeps asking while nothing listens yet or the app is still starting. */
async function greeting(port: number): Promise<unknown> {
  const deadline = Date.now() + startMs;
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/hello?name=Ada`);
      if (response.ok) return await response.json();
    } catch {
      // Nothing listens yet.
    }
    if (Date.now() > deadline) throw new Error('the quickstart did not answer in time');
    await sleep(100);
  }
}

describe('npm start', () => {
  it('serves the quickstart, and stops with its engine on SIGTERM', async () => {
    const port = await freePort();
    const child = spawn(process.execPath, [start], { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
    const exit = once(child, 'exit');
    expect(await greeting(port)).toMatchObject({ message: 'Hello, Ada!' });
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    await expect(fetch(`http://127.0.0.1:${port}/hello`)).rejects.toThrow('fetch failed');
  }, 2 * startMs);

  it.each(['SIGTERM', 'SIGKILL'] as const)('stops its engine when only the npm above it gets a %s', async (signal) => {
    const port = await freePort();
    const npm = spawn('npm', ['start'], { cwd: fileURLToPath(new URL('../..', import.meta.url)), env: { ...process.env, PORT: String(port) }, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    npm.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    // The engine writes to the same pipe: it is closed when the last of them has ended.
    const closed = once(npm, 'close');
    expect(await greeting(port)).toMatchObject({ message: 'Hello, Ada!' });
    npm.kill(signal);
    await closed;
    expect(output).toContain('stopped');
    await expect(fetch(`http://127.0.0.1:${port}/hello`)).rejects.toThrow('fetch failed');
  }, 2 * startMs);

  it('hands arguments and the exit code through', async () => {
    const child = spawn(process.execPath, [start, '--no-such-option'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const [code] = (await once(child, 'close')) as [number];
    expect(errors).toContain('--no-such-option');
    expect(code).toBeGreaterThan(0);
  }, startMs);
});
