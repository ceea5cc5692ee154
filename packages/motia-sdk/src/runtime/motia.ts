import type { AuthenticateStream, StreamConfig } from '../context/stream-config.js';
import { shared } from '../context/invocation-scope.js';
import { Stream } from '../context/stream.js';
import type { StepConfig } from '../steps/step-config.js';
import { setupStepEndpoint } from '../instance/step-endpoint.js';
import type { LoadedModule } from './loaded-module.js';
import { serveThisProcess } from './serve-this-process.js';

/**
 * An app put together by a program instead of found in files: `new Motia()`, `addStep`, `addStream`, `initialize`. The
 * program is a command of the engine's ExecModule, or connects with `III_ENGINE_URL`.
 */
export class Motia {
  readonly streams: Record<string, Stream> = {};
  /** Describes who connects to the streams; the stream module calls it as `motia::stream::authenticate`. */
  authenticateStream: AuthenticateStream | undefined;
  readonly #steps: LoadedModule[] = [];
  readonly #streamModules: LoadedModule[] = [];

  constructor() {
    // Whoever asks for the instance meanwhile is not to serve the process without the Steps.
    shared.servedBy = 'app';
  }

  /** `stepPath` is shown, `filePath` is where it lies: they are the same for most. */
  addStep(config: StepConfig, stepPath: string, handler: (input: never, ctx: never) => unknown, filePath: string = stepPath): void {
    this.#steps.push({ filePath, module: { config, handler } });
  }

  addStream(config: StreamConfig, streamPath: string): void {
    this.streams[config.name] = new Stream(config);
    this.#streamModules.push({ filePath: streamPath, module: { config } });
  }

  /** Connects to the engine and serves until it says otherwise; then the process ends. */
  initialize(): void {
    const { authenticateStream } = this;
    if (process.env['NODE_ENV'] !== 'production') setupStepEndpoint();
    serveThisProcess({
      steps: this.#steps,
      streams: this.#streamModules,
      ...(authenticateStream === undefined ? {} : { config: { filePath: 'motia.config.ts', module: { authenticateStream } } }),
    });
  }
}
