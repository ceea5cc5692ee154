import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const [core, module] = ['../../engine-core/dist/embed/index.js', '../dist/index.js'].map((path) => new URL(path, import.meta.url).href);

it('a program that embeds schedules, and has nothing else to wait for, stays until it stops them', () => {
  const program = `
    import { embed } from '${core}';
    import { CronModule } from '${module}';
    const app = await embed(CronModule);
    let count = 0;
    app.functions.register({ id: 'tick' }, () => {
      count += 1;
      if (count === 2) void app.stop().then(() => console.log('stopped', count));
    });
    await app.triggers.register({ type: 'cron', functionId: 'tick', config: { expression: '* * * * * * *' } });
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)), timeout: 30_000, stdio: ['ignore', 'pipe', 'ignore'] });
  expect(output).toBe('stopped 2\n');
});
