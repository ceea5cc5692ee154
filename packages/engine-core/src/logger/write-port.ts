/** Where log lines go. No method throws. */
export interface WritePort {
  /** People look at it: pretty lines are the default. */
  readonly isTerminal: boolean;
  readonly wantsColour: boolean;
  /** `false` asks the caller to hold back until drained. */
  write(text: string): boolean;
  onceDrained(listener: () => void): void;
  /** Takes nothing more. Idempotent. */
  close?(): void;
}
