/** Options as data: one JSON Schema validates, supplies defaults and prints the config docs. */
export interface OptionsSchema<O> {
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  /**
   * Checks and fills in defaults; the result is deep-frozen.
   * @throws MotiaError `MOTIA_ENGINE_OPTIONS_INVALID` with `details.problems: OptionProblem[]`, all of them at once.
   */
  parse(input: unknown): O;
}

/** One thing wrong with an options object; the host adds file and line. */
export interface OptionProblem {
  /** JSON pointer into the options, `''` for the whole. */
  readonly pointer: string;
  readonly problem: string;
  /** Nearest known key or value, where one is near. */
  readonly suggestion?: string;
}
