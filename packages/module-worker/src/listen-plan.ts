import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { WorkerOptions } from './options.js';

/** The port of existing installations. */
const defaultPort = 49_134;

/** Where to listen. */
export interface ListenPlan {
  readonly tcp?: { readonly port: number; readonly hosts: readonly string[] };
  /** Absolute. */
  readonly socketPath?: string;
  /** Only programs of this machine reach it. */
  readonly isLocalOnly: boolean;
}

/** Reads the options. A unix socket alone needs no port. */
export function listenPlan({ port, host, socket_path: socketPath }: Pick<WorkerOptions, 'port' | 'host' | 'socket_path'>, baseDir: string): ListenPlan {
  const hosts = host === undefined || host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
  const hasTcp = port !== undefined || host !== undefined || socketPath === undefined;
  return {
    ...(hasTcp ? { tcp: { port: port ?? defaultPort, hosts } } : {}),
    ...(socketPath === undefined ? {} : { socketPath: resolve(baseDir, socketPath) }),
    isLocalOnly: !hasTcp || hosts.every(isLoopback),
  };
}

/** 127.0.0.0/8 and ::1, also written as an IPv4-mapped address. A name other than localhost may mean anything. */
export function isLoopback(host: string): boolean {
  const plain = host.toLowerCase().replace(/^::ffff:/, '');
  if (isIP(plain) === 4) return plain.startsWith('127.');
  return isIP(host) === 6 && /^(0*:)*:?0*1$/.test(host);
}
