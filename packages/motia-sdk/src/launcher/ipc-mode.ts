import { fstatSync } from 'node:fs';

/**
 * How this process reaches the engine.
 * - `mapped`: whoever started us, the engine or a launcher, gave us the protocol on other fds; our own stdout is already stderr.
 * - `launch`: our stdin and stdout are the protocol, so we only launch the process that runs user code.
 * - `remote`: an engine elsewhere is named by `III_ENGINE_URL`; stdin and stdout are the user's.
 * - `none`: nobody speaks the protocol to us.
 */
export type IpcMode = 'mapped' | 'launch' | 'remote' | 'none';

/** Decides from the environment, checking that promised fds are really there (a grandchild may inherit the variable alone). */
export function ipcModeOf(env: NodeJS.ProcessEnv, isOpen: (fd: number) => boolean = isOpenFd): IpcMode {
  const fds = env['III_IPC_FDS'];
  if (fds !== undefined && fds.split(',').length === 2 && fds.split(',').every((fd) => /^\d+$/.test(fd) && isOpen(Number(fd)))) return 'mapped';
  if (env['III_ENGINE_PID'] !== undefined || env['III_IPC'] === 'stdio') return 'launch';
  return (env['III_ENGINE_URL'] ?? '') === '' ? 'none' : 'remote';
}

function isOpenFd(fd: number): boolean {
  try {
    // Without `bigint` Node keeps the answer in an array that its module resolution reads later: after the fstat of a pipe,
    // the next import through a symbolic link (an installed workspace, pnpm) would not be resolved to its real path.
    const stats = fstatSync(fd, { bigint: true });
    // What Node itself opens first takes the same numbers.
    return stats.isSocket() || stats.isFIFO();
  } catch {
    return false;
  }
}
