import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { configYaml, stepFile, writeApp } from './harness/app.js';
import { startIii } from './harness/running-engine.js';

const bin = fileURLToPath(new URL('../dist/bin/iii.js', import.meta.url));
const burst = 3_000;

describe('iii logs --follow', () => {
  it('shows every line of a burst once and in order, and ends with the engine', async () => {
    await using folder = temporaryFolder('iii-follow');
    writeApp(folder.path, {
      'config.yaml': configYaml(['motia dev']).replace('modules:', 'modules:\n  - class: modules::observability::OtelModule\n    config: { exporter: memory }'),
      'steps/burst.step.js': stepFile('Burst', '/burst', `for (let n = 0; n < ${String(burst)}; n += 1) console.log('line ' + n); return { status: 200, body: {} };`),
      'steps/once.step.js': stepFile('Once', '/once', "ctx.logger.warn('only once', { kettle: 'on' }); return { status: 200, body: {} };"),
    });
    await using engine = await startIii({ cwd: folder.path });
    const child = spawn(process.execPath, [bin, 'logs', '--follow', '--json', '--limit', '1'], { cwd: folder.path, env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const bodies: string[] = [];
    let look = (): void => undefined;
    createInterface({ input: child.stdout }).on('line', (line) => {
      bodies.push((JSON.parse(line) as { body: string }).body);
      look();
    });
    const shown = (body: string): Promise<void> =>
      new Promise((resolve, reject) => {
        void exited.then(() => reject(new Error(`it ended before: ${body}\n${stderr}`)));
        look = () => {
          if (bodies.includes(body)) resolve();
        };
        look();
      });
    // One line that was there shows that it follows.
    while (bodies.length === 0) await new Promise<void>((resolve) => void child.stdout.once('data', () => setImmediate(resolve)));
    await fetch(`${engine.url}/burst`);
    await shown(`line ${String(burst - 1)}`);
    expect(bodies.filter((body) => body.startsWith('line '))).toEqual(Array.from({ length: burst }, (_, n) => `line ${String(n)}`));
    await fetch(`${engine.url}/once`);
    await shown('only once');
    expect(bodies.filter((body) => body === 'only once')).toHaveLength(1);
    await engine.stop();
    expect([await exited, stderr]).toEqual([0, '']);
  });
});
