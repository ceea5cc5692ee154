import { defineRef } from '../ref.js';

/** The sockets that worker processes on this or other machines connect to. */
export interface WorkerListener {
  /** What `motia start --engine` takes: `tcp://127.0.0.1:49134`, `tls://…`, `unix:///run/iii.sock`. Empty while it does not listen. */
  addresses(): readonly string[];
  /**
   * Changes the secret that workers show when they connect. Connected ones keep their connection, which they have proved to deserve, unless `disconnects`
   * says otherwise. A token that is kept in a file is written there first; when that fails nothing has changed.
   * @throws `MOTIA_WORKER_TOKEN_NOT_USED`, `MOTIA_WORKER_ROTATION_INVALID`, `MOTIA_WORKER_TOKEN_FILE_UNUSABLE`
   */
  rotateToken(rotation?: TokenRotation): Promise<TokenRotated>;
}
export interface TokenRotation {
  /** Default: a random one of 256 bits. */
  readonly token?: string;
  /** How long former tokens are taken beside it. Default 0, at most seven days. */
  readonly graceMs?: number;
  /** Whoever came with a former token is let go when its time is over: it may finish its calls, and needs the new token to come back. Default false. */
  readonly disconnects?: boolean;
}
export interface TokenRotated {
  readonly token: string;
  /** False: the engine has it until it ends, and starts with what its configuration says. */
  readonly isKept: boolean;
  /** Workers that were connected at that time. */
  readonly connected: number;
}
export const WorkerListenerRef = defineRef<WorkerListener>('worker.listener');
