/** What a command is: inputs and answers of the same kind look alike. */
export interface CommandKind {
  readonly program: string;
  readonly command: string;
}

/** Numbers kinds in the order in which they are met: there are few at a time, and one is often followed by the same. */
export class CommandKinds {
  readonly all: CommandKind[] = [];
  #last = 0;

  numberOf({ program, command }: CommandKind): number {
    const isIt = (kind: CommandKind | undefined): boolean => kind?.command === command && kind.program === program;
    if (isIt(this.all[this.#last])) return this.#last;
    const known = this.all.findIndex(isIt);
    this.#last = known === -1 ? this.all.push({ program, command }) - 1 : known;
    return this.#last;
  }
}
