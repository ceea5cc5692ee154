/** The calls that a process is working on, and who waits for the last of them. */
export class InFlight {
  #count = 0;
  #waiting: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }
  enter(): void {
    this.#count += 1;
  }
  leave(): void {
    this.#count -= 1;
    if (this.#count === 0 && this.#waiting.length > 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
  /** Resolves when none is left. */
  idle(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
  /** Resolves when none is left, or after so many milliseconds, with the number of those that are not finished. */
  async idleWithin(deadlineMs: number): Promise<number> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs)));
    await Promise.race([this.idle(), late]);
    clearTimeout(timer);
    return this.#count;
  }
}
