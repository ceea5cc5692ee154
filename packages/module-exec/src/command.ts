/** One entry of `exec`. */
export interface Command {
  /** As shown in messages. */
  readonly text: string;
  readonly argv: readonly [file: string, ...args: string[]];
  /** Written as one string: a shell reads it. */
  readonly isShell: boolean;
}

/** A string is run by the shell; an array is run as it is. */
export function parseCommand(entry: string | readonly string[]): Command {
  if (typeof entry === 'string') return { text: entry, argv: ['/bin/sh', '-c', entry], isShell: true };
  const [file = '', ...args] = entry;
  return { text: entry.map(quoteWhereNeeded).join(' '), argv: [file, ...args], isShell: false };
}

function quoteWhereNeeded(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
