import type { Transport } from '@motia/protocol';

/** The part of the engine that the test kit uses, restated so that its types need no installed engine. */
export interface TestEngine {
  readonly functions: {
    invoke(functionId: string, payload: unknown, options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<unknown>;
    register(spec: { readonly id: string }, handler: (payload: unknown) => unknown): { dispose(): void };
    list(): readonly { readonly id: string }[];
  };
  readonly triggers: { list(): readonly { readonly id: string; readonly type: string; readonly functionId: string; readonly status: string; readonly reason?: string }[] };
  readonly workers: {
    attach(transport: Transport, options: { readonly owner: string; readonly label: string; readonly retain?: boolean; readonly heartbeatIntervalMs?: number }): TestWorkerHandle;
  };
  /** Calls that have not ended. */
  readonly openCalls: number;
  service<S>(ref: { readonly id: string }): S;
  stop(options?: { readonly drainTimeoutMs?: number }): Promise<void>;
}
export interface TestWorkerHandle {
  readonly state: string;
  readonly registered: Promise<void>;
  readonly closed: Promise<{ readonly reason: string }>;
}

/** One record of the engine's log, its own or of a Step. */
export interface TestLogRecord {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly time: number;
  readonly message: string;
  readonly source: string;
  readonly traceId?: string;
  readonly functionId?: string;
  readonly invocationId?: string;
  readonly stream?: 'logger' | 'stdout' | 'stderr';
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A module with its options, as `rest({ port: 0 })` of the module's package gives it. */
export interface TestModuleUse {
  readonly definition: unknown;
  readonly options?: unknown;
}

/** A clock that the test moves: `await clock.advance('3d')`. Schedules, delays, backoff, leases and TTLs all follow it. */
export interface TestClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Goes on to each moment at which something is due, and from there only when what was due is done. */
  advance(duration: number | string): Promise<void>;
  /** The wall clock is set, forwards or back, without time passing. */
  jump(toTime: number | string | Date): void;
  /** Resolves when nothing is being worked on, at this moment of the clock. */
  settle(): Promise<void>;
}

/** The engine's own clock for tests. */
export interface ManualTime {
  now(): number;
  monotonicMs(): number;
  readonly nextTimerInMs: number | undefined;
  advance(duration: number | string): Promise<void>;
  jump(toTime: number | string | Date): void;
}

/** What `@motia/engine/testing` offers; handed in where it is not installed under that name. */
export interface EngineTestKit {
  startTestHost(modules: readonly never[], options: object): Promise<TestEngine & { readonly logs: { readonly records: readonly TestLogRecord[] } }>;
  readonly ManualClock: new (start?: number | string | Date) => ManualTime;
  defaultModules(): readonly TestModuleUse[];
  readonly importBesideEngine?: unknown;
}
