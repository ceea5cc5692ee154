import type { Command } from './arguments.js';

/** Runs one command line and sets the exit code: 0, 1 failure, 64 usage, 70 an error of ours. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const { parseCommand } = await import('./arguments.js');
    await run(parseCommand(args));
  } catch (error) {
    const { describeFailure, exitCodeOf } = await import('./describe-failure.js');
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

// Each command loads only what it needs: `motia dev` runs at every reload.
async function run(command: Command): Promise<void> {
  const { env } = process;
  const cwd = process.cwd();
  switch (command.name) {
    case 'help': {
      const { helpText } = await import('./help.js');
      process.stdout.write(helpText(command.topic));
      return;
    }
    case 'version': {
      const { ownVersion } = await import('./own-version.js');
      process.stdout.write(`${ownVersion()}\n`);
      return;
    }
    case 'invalid': {
      const { cliErrors } = await import('./errors.js');
      throw cliErrors.USAGE_INVALID({ problem: command.problem });
    }
    case 'build': {
      const [{ build }, { summary }] = await Promise.all([import('../build/build.js'), import('./build-summary.js')]);
      const built = await build({ cwd, mode: 'production', external: command.external });
      process.stdout.write(`${summary(built)}${built.entry}\n`);
      return;
    }
    case 'dev': {
      if (isUnderEngine(env)) return (await import('./dev.js')).dev({ cwd, external: command.external, env });
      process.exitCode = await (await import('./local-engine.js')).runLocalEngine('dev', { cwd, config: command.config });
      return;
    }
    case 'start': {
      const { productionBundle, start, startRemote } = await import('./start.js');
      if (isUnderEngine(env)) return start({ cwd, env, engine: command.engine });
      const engine = command.engine ?? (command.config === undefined ? env['III_ENGINE_URL'] : undefined);
      if (engine !== undefined && engine !== '') return startRemote({ cwd, env, engine });
      await productionBundle(cwd);
      process.exitCode = await (await import('./local-engine.js')).runLocalEngine('start', { cwd, config: command.config });
      return;
    }
    case 'generate-types': {
      const { stdout, stderr, exitCode } = await (await import('./generate-types.js')).generateTypes({ cwd, output: command.output, check: command.check });
      await write(process.stderr, stderr);
      await write(process.stdout, stdout);
      // What the app opened at import (connections, timers) would keep this process.
      process.exit(exitCode);
    }
  }
}

/** An engine started us, or somebody who says that stdin and stdout speak the protocol. */
function isUnderEngine(env: NodeJS.ProcessEnv): boolean {
  return env['III_ENGINE_PID'] !== undefined || env['III_IPC'] === 'stdio';
}

/** Resolves when the text is out, so that ending the process cannot cut it off. */
function write(to: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => to.write(text, () => resolve()));
}
