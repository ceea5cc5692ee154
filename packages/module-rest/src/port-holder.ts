import { readdir, readFile, readlink } from 'node:fs/promises';

/** The process that listens on a TCP port of this machine, where the system lets us read it (Linux, same user or root). */
export async function findPortHolder(port: number): Promise<number | undefined> {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const inode of listenersIn(await readFile(table, 'utf8').catch(() => ''), port)) inodes.add(`socket:[${inode}]`);
  }
  if (inodes.size === 0) return undefined;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (inodes.has(target)) return Number(pid);
    }
  }
  return undefined;
}

/** Inodes of sockets in state LISTEN (0A) on the port, from the text of /proc/net/tcp. */
function listenersIn(table: string, port: number): readonly string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').slice(1).flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === '0A' && inode !== undefined && local?.endsWith(`:${wanted}`) === true ? [inode] : [];
  });
}
