import { defineRef } from '../ref.js';

/** The sockets that worker processes on this or other machines connect to. */
export interface WorkerListener {
  /** What `motia start --engine` takes: `tcp://127.0.0.1:49134`, `tls://…`, `unix:///run/iii.sock`. Empty while it does not listen. */
  addresses(): readonly string[];
}
export const WorkerListenerRef = defineRef<WorkerListener>('worker.listener');
