import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { PluginContext } from '@motia/engine-core/contract';
import { childEnvironment } from './child-environment.js';
import { parseCommand, type Command } from './command.js';
import { execErrors } from './errors.js';
import { ExecSupervisor } from './exec-supervisor.js';
import { FileWatch } from './file-watch.js';
import { GroupRecords } from './group-records.js';
import { MemoryLimit } from './memory-limit.js';
import type { ExecModuleOptions } from './options.js';
import { runPipeline } from './pipeline.js';
import type { ProcessOwner } from './process-directory.js';
import { startTimeOrPs } from './process-table.js';
import { settlesWithin } from './wait.js';
import { parseWatchPatterns } from './watch-patterns.js';
import { WorkerProcess } from './worker-process.js';

/** One ExecModule instance at work. */
export interface Exec extends ProcessOwner {
  /** `interrupt` aborts when the engine is told to stop before it has started. */
  start(interrupt?: AbortSignal): Promise<void>;
  drain(deadline: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const mebibyte = 1024 * 1024;
const startPatienceMs = 20_000;
const defaultTermTimeoutMs = { development: 1_000, production: 5_000 } as const;
const defaultGraceMs = { development: 3_000, production: 20_000 } as const;

/** Wires the parts together. Nothing is started, opened or read before `start`. */
export function createExec(ctx: PluginContext, options: ExecModuleOptions): Exec {
  const { clock, logger, logs, workers } = ctx;
  const commands = options.exec.map(parseCommand);
  const command = commands.at(-1) as Command;
  const cwd = resolve(ctx.baseDir, options.cwd ?? '.');
  const session = randomUUID();
  const ownerPrefix = `exec:${ctx.instanceId}`;
  const engine = { pid: process.pid, startTime: '' };
  const groups = new GroupRecords({
    baseDir: ctx.baseDir,
    instanceId: ctx.instanceId,
    engine,
    logger,
    ...(options.runtime_dir === undefined ? {} : { runtimeDir: resolve(ctx.baseDir, options.runtime_dir) }),
  });
  const environment = (start: { readonly owner: string; readonly spawnId: string; readonly isReload: boolean; readonly isLast: boolean }): Record<string, string> => ({
    ...childEnvironment(
      process.env,
      options.env ?? {},
      { enginePid: engine.pid, engineStart: engine.startTime, session, spawn: start.spawnId, owner: start.owner, isLast: start.isLast, isReload: start.isReload },
      cwd,
    ),
  });
  const shared = { clock, logs, logger, cwd, umask: options.umask, groups, outputLinesPerSecond: options.output_lines_per_second };
  const patterns = parseWatchPatterns({ watch: options.watch ?? [], ignore: options.ignore ?? [], cwd, dataDir: resolve(ctx.baseDir, 'data') });

  const supervisor = new ExecSupervisor({
    clock, logger, workers, command, ownerPrefix,
    health: ctx.health,
    replicas: options.replicas,
    policy: {
      delayMs: options.restart_delay_ms,
      maxDelayMs: options.restart_delay_max_ms,
      resetMs: options.restart_reset_ms,
      maxCrashes: options.restart_max_crashes,
      windowMs: options.restart_window_ms,
    },
    stopGraceMs: options.stop_grace_ms ?? defaultGraceMs[ctx.mode],
    awaitsFix: ctx.mode === 'development' && patterns.bases.length > 0,
    random: Math.random,
    build: (build) =>
      runPipeline(
        { ...shared, commandTimeoutMs: options.command_timeout_ms, environment: (start) => environment({ ...start, owner: ownerPrefix, isLast: false }) },
        commands.slice(0, -1),
        build,
      ),
    launch: (owner, launch) =>
      WorkerProcess.launch(
        {
          ...shared, workers, command,
          protocol: options.protocol,
          handshakeTimeoutMs: options.handshake_timeout_ms,
          heartbeatIntervalMs: options.heartbeat_interval_ms,
          termTimeoutMs: options.term_timeout_ms ?? defaultTermTimeoutMs[ctx.mode],
          environment: (start) => environment({ ...start, isLast: true }),
        },
        owner,
        launch,
      ),
  });
  const watch = new FileWatch({
    clock, logger, patterns, cwd,
    debounceMs: options.debounce_ms,
    // A change-over that fails has reported itself.
    onChanged: (paths) => void supervisor.reload({ reason: describeChange(paths) }).catch(() => undefined),
  });
  const memory = new MemoryLimit({
    clock, logger,
    limitBytes: options.memory_limit_mb * mebibyte,
    intervalMs: options.memory_check_interval_ms,
    replicas: supervisor.replicas,
    recycle: (replica, reason) => supervisor.reload({ reason, only: replica }),
  });
  // Lives as long as the module: the supervisor answers from its creation on.
  const restarts = ctx.telemetry.meter.gauge(
    'iii.processes.restarts',
    () => supervisor.list().map((each) => ({ value: each.restarts, attributes: { 'process.owner': each.owner } })),
    { description: 'How often a process was started again' },
  );
  let isStopped = false;

  /** A long build must not run into the host's limit for a start: after a while the engine goes up without us, not ready. */
  async function startOrCarryOn(): Promise<void> {
    const starting = supervisor.start();
    const isPlain = supervisor.seemsPlain.then(() => true);
    const outcome = await Promise.race([settlesWithin(clock, starting, startPatienceMs), isPlain.then(() => 'plain' as const)]);
    if (outcome === true) return starting;
    if (outcome === 'plain') {
      logger.info(`"${command.text}" writes something else than the engine protocol; the start does not wait for it`, { hint: 'Set `protocol: none` for a program without the SDK.' });
      starting.catch(() => undefined);
      return;
    }
    logger.warn(`still starting after ${startPatienceMs / 1000} s; the engine goes on, and is ready when "${command.text}" is`);
    // It has been logged, and the health says so.
    starting.catch(() => undefined);
  }

  return {
    async start(interrupt) {
      // A second stop by the host joins this one.
      interrupt?.addEventListener('abort', () => void supervisor.stop(), { once: true });
      const since = clock.now();
      engine.startTime = await startTimeOrPs(engine.pid);
      groups.open();
      await groups.sweep();
      const watching = patterns.bases.length > 0 ? watch.start(since) : undefined;
      await Promise.all([startOrCarryOn(), watching]);
      if (options.memory_limit_mb > 0) memory.start();
    },
    async drain(deadline) {
      memory.stop();
      await Promise.all([supervisor.drain(deadline), watch.close()]);
    },
    async stop() {
      isStopped = true;
      restarts.dispose();
      memory.stop();
      await watch.close();
      await supervisor.stop();
    },
    list: () => supervisor.list(),
    reload: (reason) => (isStopped ? Promise.reject(execErrors.STOPPING(undefined)) : supervisor.reload({ reason })),
  };
}

function describeChange(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(', ');
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more changed` : `${shown} changed`;
}
