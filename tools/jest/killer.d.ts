export interface KillerOptions {
  /**
   * Words after `node`: the program's file and arguments. It prints a line when it is ready, and writes down what it does as
   * one JSON value per line with `fs.writeSync(3, …)`: an attempt before it is made, an acknowledgement after it came.
   */
  readonly program: readonly string[];
  /** Beside the own environment. Every start gets MOTIA_KILLER_SEED, a number of its own, and MOTIA_KILLER_ROUND, from 0 on. */
  readonly env?: Readonly<Record<string, string>>;
  /** How often it is started and killed with SIGKILL. */
  readonly kills: number;
  /** Milliseconds from its first line on standard output to its death: at least, at most. */
  readonly afterMs: readonly [number, number];
  /**
   * Whether a program has done enough to be killed once its time is over; asked again until it says so. For what a slow machine
   * must not leave to chance. Default: always.
   */
  isRipe?(written: readonly unknown[], round: number): boolean;
  /** What all chance comes from. Default: MOTIA_KILLER_SEED of the environment, else a new one. */
  readonly seed?: number;
  /** Every line that it wrote down, in order, after its death. */
  onLine(line: unknown, round: number): void;
  /** After each death, when its lines were handed over. What it throws ends the run, with the seed in the message. */
  onKilled?(round: number): void | Promise<void>;
}

export interface KillerReport {
  readonly seed: number;
  readonly kills: number;
  readonly lines: number;
}

/** Starts a program, lets it work, kills it, and begins again. @throws when the program ends by itself, or as `onKilled` does */
export function killRepeatedly(options: KillerOptions): Promise<KillerReport>;

/** Numbers from 0 up to 1, the same for the same seed. */
export function randomNumbers(seed: number): () => number;

export interface TotalCheck<T> {
  /** Acknowledged and not there. */
  readonly lost: readonly T[];
  /** There and never attempted. */
  readonly phantom: readonly T[];
  /** There more than once. */
  readonly duplicates: readonly T[];
}

/** What must all be empty: nothing acknowledged is gone, nothing is there that nobody asked for. */
export function checkTotal<T>(history: { readonly attempted: ReadonlySet<T>; readonly acknowledged: ReadonlySet<T>; readonly seen: readonly T[] }): TotalCheck<T>;
