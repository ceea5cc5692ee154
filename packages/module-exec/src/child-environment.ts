import { delimiter, dirname, join } from 'node:path';

/** What ExecModule tells its children about themselves. */
export interface ChildIdentity {
  readonly enginePid: number;
  /** Start time of the engine process, as the system gives it: a recycled pid has another. */
  readonly engineStart: string;
  /** Random, one per module instance. */
  readonly session: string;
  /** Random, one per started command: what the hunt for escaped processes looks for. */
  readonly spawn: string;
  readonly owner: string;
  /** The last command of the list, the long-lived one. */
  readonly isLast: boolean;
  /** Started while an older generation serves: what is half broken must fail then, rather than replace what works. */
  readonly isReload: boolean;
}

const engineSecret = /^(III|MOTIA)_.*TOKEN$/;

/** Environment of a child: inherited without the engine's tokens, with `node_modules/.bin` in reach as `npm run` has it, then the configured part. */
export function childEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  configured: Readonly<Record<string, string>>,
  identity: ChildIdentity,
  cwd: string,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && !engineSecret.test(name) && name !== 'III_EXEC_RELOAD' && name !== 'III_IPC_FDS') env[name] = value;
  }
  const pathName = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  env[pathName] = [...localBins(cwd), ...(env[pathName] === undefined ? [] : [env[pathName]])].join(delimiter);
  return {
    ...env,
    ...configured,
    III_ENGINE_PID: String(identity.enginePid),
    III_ENGINE_START: identity.engineStart,
    III_EXEC_SESSION: identity.session,
    III_EXEC_SPAWN: identity.spawn,
    III_EXEC_GROUP: '1',
    III_EXEC_OWNER: identity.owner,
    MOTIA_EXEC_LAST: identity.isLast ? '1' : '0',
    ...(identity.isReload ? { III_EXEC_RELOAD: '1' } : {}),
  };
}

/** Every `node_modules/.bin` from the folder up to the root, nearest first. */
export function localBins(cwd: string): readonly string[] {
  const bins: string[] = [];
  for (let folder = cwd; ; folder = dirname(folder)) {
    bins.push(join(folder, 'node_modules', '.bin'));
    if (dirname(folder) === folder) return bins;
  }
}
