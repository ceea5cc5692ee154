import { readdir, readFile, readlink } from 'node:fs/promises';

/** What can be said about a taken TCP port; nothing where the system does not let us read it. */
export interface PortFacts {
  /** The process that listens on it (Linux, same user or root). */
  readonly pid?: number;
  /** The range of local ports of outgoing connections, when the port lies in it. */
  readonly ephemeral?: readonly [number, number];
}

/** Looks up who has a port and whether outgoing connections may take it. */
export async function findPortFacts(port: number): Promise<PortFacts> {
  const [pid, range] = await Promise.all([findListener(port), ephemeralRange()]);
  return { ...(pid === undefined ? {} : { pid }), ...(port >= range[0] && port <= range[1] ? { ephemeral: range } : {}) };
}

async function findListener(port: number): Promise<number | undefined> {
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

/** Linux tells; elsewhere the range that IANA set aside, which macOS and Windows use. */
async function ephemeralRange(): Promise<readonly [number, number]> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
  const found = /^(\d+)\s+(\d+)/.exec(text);
  return found === null ? [49_152, 65_535] : [Number(found[1]), Number(found[2])];
}
