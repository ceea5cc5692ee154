import { version } from '../version.js';
import { parseCommand, type Command } from './args.js';
import { exitCodes, exitCodeOf } from './exit-code.js';
import { controlAddressOf, resolveSubject } from './paths.js';
import { readPayload } from './payload.js';
import { renderError } from './render-error.js';
import { usageOf } from './usage.js';

/** What the command may touch of its process. */
export interface CommandPorts {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdoutIsTerminal: boolean;
  /** Of the terminal; undefined where there is none. */
  readonly stdoutColumns?: number | undefined;
  stdout(text: string): void;
  stderr(text: string): void;
  readStdin(): Promise<string>;
  onSignal(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): void;
  /** The npm that runs the command has gone without passing a signal on; once. */
  onNpmGone(listener: () => void): void;
  /** An error that nobody caught, once. */
  onUncaught(listener: (error: unknown) => void): void;
  exit(code: number): void;
}

/** Runs one `iii` command; resolves with its exit code. Never rejects: what goes wrong is printed to standard error. */
export async function main(words: readonly string[], ports: CommandPorts): Promise<number> {
  try {
    return await execute(parseCommand(words), ports);
  } catch (error) {
    ports.stderr(`${renderError(error)}\n`);
    return exitCodeOf(error);
  }
}

async function execute(command: Command, ports: CommandPorts): Promise<number> {
  switch (command.name) {
    case 'help':
      ports.stdout(`${usageOf(command.noun)}\n`);
      return exitCodes.ok;
    case 'version':
      ports.stdout(`${version}\n`);
      return exitCodes.ok;
    case 'run': {
      const { runCommand } = await import('./commands/run.js');
      return await runCommand(command, ports);
    }
    case 'config-schema':
    case 'config-check': {
      const { checkConfig, printSchema } = await import('./commands/config.js');
      if (command.name === 'config-schema') ports.stdout(await printSchema(command.config, ports));
      else ports.stdout(await checkConfig(command.config, ports));
      return exitCodes.ok;
    }
    case 'functions': {
      const { listFunctions } = await import('./commands/functions.js');
      const { subject } = resolveSubject(command.config, ports.cwd);
      ports.stdout(await listFunctions({ address: controlAddressOf(subject), subject, json: command.json, all: command.all }));
      return exitCodes.ok;
    }
    case 'logs':
    case 'traces':
    case 'trace':
    case 'queues':
    case 'crons':
    case 'workers': {
      const { observe } = await import('./commands/observe.js');
      await observe(command, ports);
      return exitCodes.ok;
    }
    case 'verb': {
      const { act } = await import('./commands/act.js');
      await act(command, ports);
      return exitCodes.ok;
    }
    case 'rotate-token': {
      const { rotateToken } = await import('./commands/rotate-token.js');
      await rotateToken(command, ports);
      return exitCodes.ok;
    }
    case 'invoke': {
      const { invokeFunction } = await import('./commands/invoke.js');
      const { subject } = resolveSubject(command.config, ports.cwd);
      const payload = command.payload === '-' ? await readPayload(ports) : command.payload;
      ports.stdout(await invokeFunction({ address: controlAddressOf(subject), subject, functionId: command.functionId, payload, timeoutMs: command.timeoutMs }));
      return exitCodes.ok;
    }
  }
}
