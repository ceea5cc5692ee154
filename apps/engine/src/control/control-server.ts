import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { nodeStreamTransport } from '@motia/protocol';
import type { Logger, WorkerHandle, WorkerRegistry } from '@motia/engine-core/contract';
import { errors } from '../errors.js';

export interface ControlServerPorts {
  readonly address: string;
  readonly workers: WorkerRegistry;
  readonly logger: Logger;
  /** Undefined where the system has no users by number. */
  readonly uid: number | undefined;
}

/**
 * Lets programs of the same user on the same machine call functions of the running engine: the `iii` command today.
 * A connection speaks the worker protocol and may only call.
 */
export class ControlServer {
  readonly #ports: ControlServerPorts;
  readonly #connections = new Set<{ readonly socket: Socket; readonly handle: WorkerHandle }>();
  #server: Server | undefined;
  #connectionCount = 0;

  constructor(ports: ControlServerPorts) {
    this.#ports = ports;
  }

  /** Resolves when it listens. Another living engine at the address is left alone: then this one has no control socket, and says so. */
  async start(): Promise<void> {
    const { address, logger, uid } = this.#ports;
    const isPipe = address.startsWith('\\\\.\\pipe\\');
    if (!isPipe) {
      preparePrivateFolder(dirname(address), uid);
      if (await answers(address)) {
        logger.warn('another engine of this configuration is running: `iii functions` and `iii invoke` will reach that one', { address });
        return;
      }
      rmSync(address, { force: true });
    }
    const server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(errors.CONTROL_SOCKET_FAILED({ path: address, problem: cause.message }, cause)));
      server.listen(address, resolve);
    });
    this.#server = server;
    server.unref();
    if (!isPipe) chmodSync(address, 0o600);
  }

  /** Whether a worker is a command that came in here, and not one that serves functions. */
  isCommand(workerId: string | undefined): boolean {
    for (const { handle } of this.#connections) if (handle.id === workerId) return true;
    return false;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const { socket, handle } of this.#connections) {
      handle.close('left');
      socket.destroy();
    }
    this.#connections.clear();
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.#connectionCount += 1;
    const handle = this.#ports.workers.attach(nodeStreamTransport(socket, socket), {
      owner: `control:${this.#connectionCount}`,
      label: 'iii command',
      callerOnly: true,
    });
    const connection = { socket, handle };
    this.#connections.add(connection);
    handle.registered.catch((error: unknown) => this.#ports.logger.debug('a control connection did not complete its handshake', { error: String(error) }));
    void handle.closed.then(() => {
      this.#connections.delete(connection);
      socket.destroy();
    });
  }
}

/** Makes the folder for us alone, and refuses one that somebody else could have prepared. */
function preparePrivateFolder(folder: string, uid: number | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) throw errors.CONTROL_SOCKET_FAILED({ path: folder, problem: 'its folder is not a folder' });
  if (uid !== undefined && stats.uid !== uid) throw errors.CONTROL_SOCKET_FAILED({ path: folder, problem: `its folder belongs to user ${stats.uid}` });
  if ((stats.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const finish = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
