/** A source file of the app: loaded, or why it could not be. */
export interface LoadedModule {
  /** Relative to the project; shown in messages and metadata. */
  readonly filePath: string;
  /** The namespace object of the module. */
  readonly module?: unknown;
  /** Names file, line and cause. */
  readonly loadError?: unknown;
}

/** Everything that a process serves. */
export interface LoadedApp {
  readonly steps: readonly LoadedModule[];
  readonly streams?: readonly LoadedModule[];
  /** `motia.config.*` */
  readonly config?: LoadedModule;
  /** In production a file that does not load or register is a failed start; in development the others serve. */
  readonly mode: 'development' | 'production';
}
