/** How much room there is, and whether colours may be used. */
export interface TerminalFace {
  /** Columns. */
  readonly width: number;
  readonly isColoured: boolean;
}

export type Tone = 'error' | 'warning' | 'bar' | 'quiet' | 'strong';
const codes: Readonly<Record<Tone, readonly [on: number, off: number]>> = { error: [31, 39], warning: [33, 39], bar: [36, 39], quiet: [2, 22], strong: [1, 22] };

/** A text in a colour of the terminal's own palette; as it is where colours are off. Colour never says anything that a sign or a word does not say, too. */
export function tinted(text: string, tone: Tone | undefined, { isColoured }: Pick<TerminalFace, 'isColoured'>): string {
  if (tone === undefined || !isColoured || text === '') return text;
  const [on, off] = codes[tone];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** As https://no-color.org and FORCE_COLOR have it: a terminal gets colours, a pipe does not. */
export function terminalFace({ isTerminal, columns, environment }: { readonly isTerminal: boolean; readonly columns: number | undefined; readonly environment: Readonly<Record<string, string | undefined>> }): TerminalFace {
  const { NO_COLOR: none = '', FORCE_COLOR: forced = '', TERM: term = '' } = environment;
  const isColoured = none === '' && (forced === '' ? isTerminal && term !== 'dumb' : forced !== '0');
  return { width: Math.min(200, Math.max(60, columns ?? 100)), isColoured };
}
