import { resolve } from 'node:path';
import { isLoopbackAddress } from '@motia/engine-core';
import type { WorkerOptions } from './options.js';

/** The port of existing installations. */
const defaultPort = 49_134;

/** Where to listen. */
export interface ListenPlan {
  readonly tcp?: { readonly port: number; readonly host: string | undefined };
  /** Absolute. */
  readonly socketPath?: string;
  /** Only programs of this machine reach it. */
  readonly isLocalOnly: boolean;
}

/** Reads the options. A unix socket alone needs no port. */
export function listenPlan({ port, host, socket_path: socketPath }: Pick<WorkerOptions, 'port' | 'host' | 'socket_path'>, baseDir: string): ListenPlan {
  const hasTcp = port !== undefined || host !== undefined || socketPath === undefined;
  return {
    ...(hasTcp ? { tcp: { port: port ?? defaultPort, host } } : {}),
    ...(socketPath === undefined ? {} : { socketPath: resolve(baseDir, socketPath) }),
    // A name other than localhost may mean anything.
    isLocalOnly: !hasTcp || host === undefined || host === 'localhost' || isLoopbackAddress(host),
  };
}
