/**
 * Runs one task at a time. Requests that come while it runs share one further run after it, so a burst costs at most
 * two, and the last of them starts after the last request.
 */
export class SingleFlight<T> {
  #current: Promise<void> | undefined;
  #waiting: { readonly inputs: T[]; readonly done: Promise<void> } | undefined;

  constructor(private readonly task: (inputs: readonly T[]) => Promise<void>) {}

  /** Settles with the run that began after this request. */
  request(input: T): Promise<void> {
    if (this.#waiting !== undefined) {
      this.#waiting.inputs.push(input);
      return this.#waiting.done;
    }
    const inputs = [input];
    if (this.#current === undefined) return this.#begin(inputs);
    const done = this.#current.then(() => {
      this.#waiting = undefined;
      return this.#begin(inputs);
    });
    this.#waiting = { inputs, done };
    return done;
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#current !== undefined || this.#waiting !== undefined) await (this.#waiting?.done.catch(ignore) ?? this.#current);
  }

  #begin(inputs: readonly T[]): Promise<void> {
    const run = this.task(inputs);
    this.#current = run.then(ignore, ignore).then(() => {
      this.#current = undefined;
    });
    return run;
  }
}

function ignore(): void {}
