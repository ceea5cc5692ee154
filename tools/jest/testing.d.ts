export interface TemporaryFolder extends AsyncDisposable {
  /** Absolute, with symbolic links resolved. */
  readonly path: string;
  /** A path inside the folder; nothing is created. */
  file(...parts: string[]): string;
  /** Removes the folder and all it holds. Idempotent. */
  remove(): Promise<void>;
}

/** Makes a folder that its test owns: `await using folder = temporaryFolder('queue')`. A file that leaves one behind fails. */
export function temporaryFolder(name?: string): TemporaryFolder;

/** A port of 127.0.0.1 that nothing listens on any more. */
export function freePort(): Promise<number>;

/** Path of an executable on PATH, or undefined. */
export function findTool(name: string): string | undefined;

/** `describe` for tests that need programs: without them it skips and says so, and with CI=true it fails. */
export function describeWithTools(tools: readonly string[], title: string, body: () => void): void;
