import { runEngine } from '../../run-engine.js';
import type { Command } from '../args.js';
import type { CommandPorts } from '../main.js';
import { resolveSubject } from '../paths.js';

/** `iii`: the engine of one configuration, until a signal. */
export function runCommand(command: Extract<Command, { name: 'run' }>, ports: CommandPorts): Promise<number> {
  const { configPath } = resolveSubject(command.config, ports.cwd);
  return runEngine({
    cwd: ports.cwd,
    ports,
    logLevel: command.logLevel,
    ...(configPath === undefined ? {} : { configFile: configPath }),
    ...(command.waitLockMs === undefined ? {} : { waitLockMs: command.waitLockMs }),
    ...(command.logFormat === undefined ? {} : { logFormat: command.logFormat }),
  });
}
