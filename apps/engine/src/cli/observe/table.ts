/** One column of a table in the terminal. */
export interface Column<T> {
  readonly title: string;
  readonly show: (row: T) => string;
  /** Numbers stand at the right. */
  readonly isRight?: boolean;
  /** Characters at most; what is longer is cut. */
  readonly most?: number;
}

/** Rows as lines, columns aligned. Control characters of what users wrote are made visible, so that no row can forge another. */
export function renderTable<T>(columns: readonly Column<T>[], rows: readonly T[], whenEmpty: string): string {
  if (rows.length === 0) return `${whenEmpty}\n`;
  const cells = rows.map((row) => columns.map(({ show, most = 60 }) => cut(visible(show(row)), most)));
  const widths = columns.map(({ title }, index) => Math.max(title.length, ...cells.map((line) => line[index]?.length ?? 0)));
  const line = (texts: readonly string[]): string => texts.map((text, index) => (columns[index]?.isRight === true ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0))).join('  ').trimEnd();
  return `${[line(columns.map(({ title }) => title)), ...cells.map(line)].join('\n')}\n`;
}

/** Text that a terminal shows as it is and does not act upon. */
export function visible(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what it is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => (character === '\n' ? '⏎' : character === '\t' ? ' ' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`));
}

export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** `1.23 s`, `45 ms`, `870 µs`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '-';
  if (ms >= 60_000) return `${(ms / 60_000).toFixed(1)} min`;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms >= 1) return `${ms >= 100 ? Math.round(ms) : Number(ms.toFixed(1))} ms`;
  return `${Math.round(ms * 1_000)} µs`;
}

/** Local time of day with milliseconds; the date before it when it is another day than today. */
export function clockTime(epochMs: number, nowMs: number): string {
  const date = new Date(epochMs);
  const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return new Date(nowMs).toDateString() === date.toDateString() ? time : `${day} ${time}`;
}
