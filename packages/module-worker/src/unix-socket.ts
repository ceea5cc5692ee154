import { lstat, rm } from 'node:fs/promises';
import { connect } from 'node:net';

/**
 * Takes away the socket that a dead engine left behind. Answers why the path cannot be taken instead when somebody
 * listens there, or when what is there is no socket: files are never deleted.
 */
export async function clearStaleSocket(path: string): Promise<string | undefined> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stats === undefined) return undefined;
  if (!stats.isSocket()) return 'there is a file of that name that is no socket';
  if (await answers(path)) return 'another program listens on it';
  await rm(path, { force: true });
  return undefined;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (isAlive: boolean): void => {
      socket.destroy();
      resolve(isAlive);
    };
    socket.once('connect', () => finish(true));
    // Refused is what a socket without a listener answers; whatever else goes wrong may be a living one.
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'));
  });
}
