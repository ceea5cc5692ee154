import { createReadStream, createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { Transport } from '../transport.js';
import { nodeStreamTransport } from './node-stream-transport.js';

export interface FdTransportOptions {
  /** File descriptor to read frames from, e.g. 3. */
  readonly readFd: number;
  /** File descriptor to write frames to, e.g. 4. May be the same socket as `readFd`. */
  readonly writeFd: number;
}

/**
 * A transport over two inherited file descriptors: pipes, sockets, or files (recorded conversations). Writing never
 * blocks the process, which `process.stdout` does when it is a pipe.
 * @throws Error when a descriptor is not open
 */
export function fdTransport({ readFd, writeFd }: FdTransportOptions): Transport {
  if (readFd === writeFd && !isFile(readFd)) {
    const socket = new Socket({ fd: readFd, readable: true, writable: true, allowHalfOpen: true });
    return nodeStreamTransport(socket, socket);
  }
  return nodeStreamTransport(openReadable(readFd), openWritable(writeFd));
}

function openReadable(fd: number): Readable {
  return isFile(fd) ? createReadStream('', { fd }) : new Socket({ fd, readable: true, writable: false, allowHalfOpen: true });
}

function openWritable(fd: number): Writable {
  return isFile(fd) ? createWriteStream('', { fd }) : new Socket({ fd, readable: false, writable: true, allowHalfOpen: true });
}

function isFile(fd: number): boolean {
  // Not the plain fstat: Node 20 leaves its result where the module loader's symlink check reads it.
  const stats = fstatSync(fd, { bigint: true });
  return stats.isFile() || stats.isCharacterDevice();
}
