/** Where a value comes from: the config file as it stands there, a variable that the file names, the program that made the engine, or nobody's choice. */
export type OptionOrigin = 'file' | 'environment' | 'code' | 'default';

/** A module with the options that it runs with, fit to be shown. */
export interface ConfiguredModule {
  readonly id: string;
  readonly class: string;
  readonly name: string;
  readonly version: string;
  /** `adapter`: not configured, an adapter brought it along. */
  readonly from: 'file' | 'code' | 'adapter';
  /** In the config file. */
  readonly line?: number;
  /**
   * Defaults included. What a variable put in reads as it is written (`${NAME}`), secrets read `[secret]`, and what is no
   * plain data is named in brackets.
   */
  readonly options: unknown;
  /** By JSON pointer into `options`, for every value that holds no others. */
  readonly origins: Readonly<Record<string, OptionOrigin>>;
}

export interface ConfigReport {
  /** Path of the config file; null when the engine was composed in code. */
  readonly file: string | null;
  /** The file says something else than what runs, or is gone: a restart would change that. */
  readonly restartNeeded: boolean;
  readonly modules: readonly ConfiguredModule[];
  readonly notices: readonly { readonly message: string; readonly pointer: string; readonly line?: number }[];
}

/** The configuration of the engine, for tools. */
export interface ConfigView {
  report(): Promise<ConfigReport>;
}
