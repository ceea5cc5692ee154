import type { WatchTarget } from './watch-loop.js';

const pollMs = 250;

/** Reads from the environment which engine started us; undefined when none did. */
export function watchTargetFrom(env: NodeJS.ProcessEnv): WatchTarget | undefined {
  const enginePid = Number(env['III_ENGINE_PID']);
  if (!Number.isSafeInteger(enginePid) || enginePid <= 0) return undefined;
  return { enginePid, engineStart: env['III_ENGINE_START'] || undefined, killsGroup: env['III_EXEC_GROUP'] === '1', pollMs };
}
