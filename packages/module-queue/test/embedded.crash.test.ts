import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const [core, module] = ['../../engine-core/dist/embed/index.js', '../dist/index.js'].map((path) => new URL(path, import.meta.url).href);

it('a program that embeds a queue, and has nothing else to wait for, ends when its messages are done', () => {
  const program = `
    import { embed } from '${core}';
    import { QueueModule } from '${module}';
    const app = await embed(QueueModule);
    app.functions.register({ id: 'mail::send' }, ({ to }, { attempt }) => {
      console.log(to, attempt);
      if (attempt === 1) throw new Error('not now');
    });
    await app.triggers.register({ type: 'queue', functionId: 'mail::send', config: { topic: 'mail', queue_config: { backoffType: 'fixed', backoffDelayMs: 100 } } });
    await app.services.queue.enqueue({ topic: 'mail', data: { to: 'Ada' }, delayMs: 100 });
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)), timeout: 30_000, stdio: ['ignore', 'pipe', 'ignore'] });
  expect(output).toBe('Ada 1\nAda 2\n');
});
