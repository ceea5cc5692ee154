import { createMemoryTransportPair } from '@motia/protocol';
import type { LoadedModule } from '../runtime/loaded-module.js';
import { serve, type ServedApp } from '../runtime/serve.js';
import { FaultyTransport } from './faulty-transport.js';
import type { TestEngine, TestWorkerHandle } from './test-engine.js';

/** A Step as a test hands it over: what `step()` gave, the namespace object of a Step file, or that with its path. */
export type TestStep = object | LoadedModule;

/** Breaks what breaks in production. */
export interface TestFaults {
  /** The process of the Steps dies: its pipe breaks at once. */
  killWorker(): Promise<void>;
  /** A new process of the same Steps takes its place. */
  restartWorker(): Promise<void>;
  /** The process hangs: nothing it sends arrives, and nothing arrives at it, until `resumeWorker`. */
  hangWorker(): void;
  resumeWorker(): void;
  /** Every message between engine and process takes this long. 0 ends it. */
  delayMessages(delayMs: number): void;
}

export interface TestProcessOptions {
  readonly steps: readonly TestStep[];
  readonly streams: readonly TestStep[];
  /** Namespace object of `motia.config`. */
  readonly motiaConfig: object | undefined;
  readonly mode: 'development' | 'production';
  readonly hasManualClock: boolean;
}

/** The process of the Steps, as far as the engine can tell. */
export class TestProcess implements TestFaults {
  readonly #host: TestEngine;
  readonly #options: TestProcessOptions;
  #transport: FaultyTransport | undefined;
  #handle: TestWorkerHandle | undefined;
  #served: ServedApp | undefined;

  constructor(host: TestEngine, options: TestProcessOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Calls that it is working on. */
  get inFlight(): number {
    return this.#served?.worker.inFlight ?? 0;
  }

  async start(): Promise<ServedApp> {
    const { steps, streams, mode, motiaConfig, hasManualClock } = this.#options;
    const [engineSide, workerSide] = createMemoryTransportPair();
    this.#transport = new FaultyTransport(workerSide);
    // Under a manual clock days pass in one turn; a heartbeat would take the worker for dead.
    const heartbeat = hasManualClock ? { heartbeatIntervalMs: 0 } : {};
    this.#handle = this.#host.workers.attach(engineSide, { owner: 'test:app', label: 'the Steps under test', retain: true, ...heartbeat });
    this.#handle.registered.catch(() => undefined);
    const app = {
      steps: steps.map(asLoaded('step')),
      streams: streams.map(asLoaded('stream')),
      mode,
      ...(motiaConfig === undefined ? {} : { config: { filePath: 'motia.config.ts', module: motiaConfig } }),
    };
    this.#served = await serve(app, { transport: this.#transport, name: 'test app' });
    return this.#served;
  }

  async stop(): Promise<void> {
    this.#transport?.release();
    await this.#served?.close();
    await this.#handle?.closed;
  }

  async killWorker(): Promise<void> {
    this.#transport?.destroy();
    await this.#handle?.closed;
  }
  async restartWorker(): Promise<void> {
    await this.killWorker();
    await this.start();
  }
  hangWorker(): void {
    this.#transport?.hold();
  }
  resumeWorker(): void {
    this.#transport?.release();
  }
  delayMessages(delayMs: number): void {
    this.#transport?.delay(delayMs);
  }
}

/** A stream that `defineStream` made stands for its file. */
const asLoaded =
  (kind: 'step' | 'stream') =>
  (given: TestStep, index: number): LoadedModule =>
    'filePath' in given ? given : { filePath: `test/${kind}-${index + 1}.${kind}.ts`, module: given };
