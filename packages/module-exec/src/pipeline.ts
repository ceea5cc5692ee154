import { randomUUID } from 'node:crypto';
import type { Clock, Logger, LogSink } from '@motia/engine-core/contract';
import type { Command } from './command.js';
import { execErrors } from './errors.js';
import { classifyExit, describeExit } from './exit-status.js';
import { finishOutput } from './finish-output.js';
import { OutputLines } from './output-lines.js';
import { spawnGroup, type ProcessGroup } from './process-group.js';
import { clearRemains } from './stop-ladder.js';
import { settlesWithin } from './wait.js';

/** What the commands before the last one need. */
export interface PipelineSetting {
  readonly clock: Clock;
  readonly logs: LogSink;
  readonly logger: Logger;
  readonly cwd: string;
  readonly umask: string;
  /** Of one command; 0 for no limit. */
  readonly commandTimeoutMs: number;
  readonly outputLinesPerSecond: number;
  environment(start: { readonly spawnId: string; readonly isReload: boolean }): Record<string, string>;
  readonly groups: { add(group: ProcessGroup, spawnId: string): void; remove(group: ProcessGroup): void };
}

/**
 * Runs the commands one after the other; each has to exit 0. Their output is logged. What a command leaves running is
 * ended with it: a process that has to stay is an entry of its own.
 * @throws MotiaError `MOTIA_EXEC_COMMAND_FAILED`, `MOTIA_EXEC_COMMAND_NOT_FOUND`, `MOTIA_EXEC_COMMAND_TIMEOUT`, `MOTIA_EXEC_SPAWN_FAILED`, `MOTIA_EXEC_STOPPING`
 */
export async function runPipeline(setting: PipelineSetting, commands: readonly Command[], options: { readonly isReload: boolean; readonly stop: AbortSignal }): Promise<void> {
  for (const command of commands) {
    if (options.stop.aborted) throw execErrors.STOPPING(undefined);
    await runToEnd(setting, command, options);
  }
}

async function runToEnd(setting: PipelineSetting, command: Command, { isReload, stop }: { readonly isReload: boolean; readonly stop: AbortSignal }): Promise<void> {
  const { clock, logger, cwd, umask, commandTimeoutMs } = setting;
  const spawnId = randomUUID();
  const startedMs = clock.monotonicMs();
  const group = await spawnGroup({ command, cwd, umask, env: setting.environment({ spawnId, isReload }), input: 'ignore' });
  setting.groups.add(group, spawnId);
  const output = new OutputLines({
    clock,
    logs: setting.logs,
    source: command.text,
    linesPerSecond: setting.outputLinesPerSecond,
    fields: { pid: group.pid },
  });
  output.read('stdout', group.stdout);
  output.read('stderr', group.stderr);
  const hasEnded = commandTimeoutMs === 0 ? await endOrStop(group, stop) : await settlesWithin(clock, group.exited, commandTimeoutMs, stop);
  const leftovers = hasEnded ? await group.members() : [];
  await clearRemains({ clock, group, spawnId });
  setting.groups.remove(group);
  await finishOutput(clock, group, output, { isReported: !stop.aborted && group.status?.code !== 0 });

  if (stop.aborted) throw execErrors.STOPPING(undefined);
  const stderr = [...output.lastLines()];
  if (!hasEnded || group.status === undefined) throw execErrors.COMMAND_TIMEOUT({ command: command.text, timeoutMs: commandTimeoutMs, stderr });
  const failure = { command: command.text, status: describeExit(group.status), stderr };
  if (classifyExit(group.status) === 'not-found') throw execErrors.COMMAND_NOT_FOUND(failure);
  if (group.status.code !== 0) throw execErrors.COMMAND_FAILED(failure);
  logger.debug(`"${command.text}" done in ${Math.round(clock.monotonicMs() - startedMs)} ms`);
  if (leftovers.length > 0) {
    logger.warn(`"${command.text}" left ${leftovers.length} process(es) running, which were ended: what has to stay up is the last entry of its own \`exec\` list`);
  }
}

async function endOrStop(group: ProcessGroup, stop: AbortSignal): Promise<boolean> {
  let onStop!: () => void;
  const stopped = new Promise<boolean>((resolve) => {
    onStop = () => resolve(false);
    stop.addEventListener('abort', onStop);
  });
  const hasEnded = await Promise.race([group.exited.then(() => true), stopped]);
  stop.removeEventListener('abort', onStop);
  return hasEnded;
}
