import type { MotiaError, Transport } from '@motia/protocol';
import type { Registration } from './functions.js';

export type WorkerState = 'connecting' | 'registering' | 'standby' | 'ready' | 'draining' | 'closed';

export interface AttachOptions {
  /** Stable name of the place this worker fills (`exec:0#1`), the same for its successors. */
  readonly owner: string;
  /**
   * Connections of one group may replace one another: a worker that connects again and names its former connection
   * (`previousWorkerId`) takes its place, whether that one is still open or only remembered. Default: those of one owner.
   */
  readonly group?: string;
  /** Shown in logs and lists, e.g. `node dist/index-dev.js`. */
  readonly label: string;
  readonly pid?: number;
  /**
   * `auto`: registrations go live when the worker says it is ready. `manual`: it stays in `standby` until
   * `WorkerRegistry.activate`, so that a whole generation can be swapped in at once. Default `auto`.
   */
  readonly activation?: 'auto' | 'manual';
  /** After an unexpected loss keep its functions and triggers known (calls park) until `release(owner)` or a successor. Default false. */
  readonly retain?: boolean;
  /** Default 10,000. From attach to the worker's `ready`. Fails with `MOTIA_ENGINE_HANDSHAKE_TIMEOUT`. */
  readonly handshakeTimeoutMs?: number;
  /** Milliseconds between pings; a worker that answers none for three is closed as hung. Default 5,000; 0 turns it off. */
  readonly heartbeatIntervalMs?: number;
  /** A line the worker printed outside any frame. */
  readonly onText?: (line: string) => void;
  /** A tool that only calls functions: not listed, announced or counted as a worker, and it may register nothing. Default false. */
  readonly callerOnly?: boolean;
  /** Refuses the worker when it throws or answers false (tokens of remote workers). */
  readonly authorize?: (params: { readonly token?: string; readonly name?: string }) => boolean;
}

export interface WorkerClosure {
  /** `left`: it drained or we closed it. `lost`: it went away by itself. `hung`: no heartbeat. `faulty`: too many protocol faults. */
  readonly reason: 'left' | 'lost' | 'hung' | 'faulty';
  readonly error?: MotiaError;
}

/** The calls a worker is running, for tying its raw output to a trace. */
export interface RunningCall {
  readonly invocationId: string;
  readonly functionId: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly endedAtMs?: number;
}

export interface WorkerHandle {
  readonly id: string;
  readonly owner: string;
  readonly generation: number;
  readonly state: WorkerState;
  /** Handshake and registrations done: `standby` or `ready`. Rejects with the reason why it never got there. */
  readonly registered: Promise<void>;
  readonly closed: Promise<WorkerClosure>;
  readonly inFlight: number;
  /** Running now, else the one that ended last. Newest first, at most eight. */
  runningCalls(): readonly RunningCall[];
  /** No new calls; resolves when what was in flight is answered or the signal aborts. */
  drain(deadline: AbortSignal): Promise<void>;
  /** Says `shutdown` and closes our side. Pending calls fail with `MOTIA_ENGINE_WORKER_LOST`, `reason` among its details. Idempotent. */
  close(reason: WorkerClosure['reason'], error?: MotiaError): void;
}

export interface WorkerInfo {
  readonly id: string;
  readonly owner: string;
  readonly label: string;
  readonly name: string;
  readonly state: WorkerState;
  readonly pid?: number;
  readonly sdk?: { readonly name: string; readonly version: string; readonly language: string };
  readonly os?: string;
  readonly connectedAt: number;
  readonly functionIds: readonly string[];
  readonly inFlight: number;
  readonly generation: number;
  /** What it said of itself with its last sign of life. */
  readonly vitals?: WorkerVitals;
}

/** How a worker is, as it measures itself. */
export interface WorkerVitals {
  readonly uptimeMs: number;
  readonly eventLoopLagMs?: number;
  /** Bytes. */
  readonly memory?: { readonly rss: number; readonly heapUsed: number; readonly heapTotal?: number; readonly external?: number };
  /** Time on the processor since the start, in microseconds. */
  readonly cpu?: { readonly userMicros: number; readonly systemMicros: number };
}

export interface WorkerRegistry {
  /** Takes over a transport that speaks the protocol. Never throws: failures settle `registered` and `closed`. */
  attach(transport: Transport, options: AttachOptions): WorkerHandle;
  /**
   * Makes `arriving` live and `leaving` drainable in one step: functions first, then each trigger type gets one change.
   * Resolves when every trigger type has applied it; `leaving` workers get no new calls from then on.
   *
   * With `mustBindAll` nothing changes when a trigger type says that it would reject a trigger which the leaving workers
   * do not have: it throws `MOTIA_ENGINE_SWAP_REFUSED`, and the old ones serve on.
   */
  activate(swap: { readonly arriving: readonly WorkerHandle[]; readonly leaving: readonly WorkerHandle[]; readonly mustBindAll?: boolean }): Promise<void>;
  /** Forgets what was retained for an owner: its functions become unknown. */
  release(owner: string): Promise<void>;
  /**
   * Takes a worker out of service: it gets no new calls, finishes those that it has, and its functions go to others or become
   * unknown. Resolves when that is so; false when no such worker is there. The connection stays open.
   */
  withdraw(workerId: string): Promise<boolean>;
  list(): readonly WorkerInfo[];
  onChanged(listener: (event: { readonly event: 'worker_connected' | 'worker_disconnected' | 'worker_metadata_updated'; readonly workerId: string }) => void): Registration;
}
