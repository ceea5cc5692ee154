import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const [core, contract] = ['../dist/index.js', '../dist/contract/index.js'].map((path) => new URL(path, import.meta.url).href);

/** Runs a program that has nothing of its own to wait for. Answers what it printed and its exit code. */
function run(program: string): Promise<readonly [string, number]> {
  const text = `import { createEngine, defineOptions, systemClock } from '${core}';\nimport { defineModule } from '${contract}';\n${program}`;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['--input-type=module', '--eval', text], { cwd: fileURLToPath(new URL('..', import.meta.url)), timeout: 30_000 }, (_error, stdout) => resolve([stdout, child.exitCode ?? -1]));
  });
}

describe('a process', () => {
  it('ends although timers of the clock are set, and stays while any hold is taken', async () => {
    expect(await run(`
      const [hold, other] = [systemClock.hold(), systemClock.hold()];
      process.once('exit', () => console.log('exit'));
      systemClock.setTimeout(() => console.log('never'), 60_000);
      other.set(true);
      hold.set(true);
      systemClock.setTimeout(() => {
        other.set(false);
        systemClock.setTimeout(() => {
          console.log('held');
          hold.set(false);
        }, 50);
      }, 50);
    `)).toEqual(['held\nexit\n', 0]);
  });

  it('stays until an engine has stopped, though only the deadline of a module goes on', async () => {
    expect(await run(`
      const definition = defineModule({
        name: 'hangs', version: '1.0.0', contract: 1, class: 'test::Hangs', options: defineOptions({ type: 'object', properties: {} }),
        create: async () => ({ services: {}, drain: () => new Promise(() => undefined) }),
      });
      const engine = await createEngine({ modules: [{ definition }], logging: { level: 'error' } });
      await engine.start();
      await engine.stop({ drainTimeoutMs: 50 });
      console.log(engine.state);
    `)).toEqual(['stopped\n', 0]);
  });
});
