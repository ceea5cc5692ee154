/** One server-sent event. A string stands for an event with that data. */
export interface SseEvent {
  /** Text is sent as it is, over several lines if it has several; everything else as JSON. */
  readonly data?: unknown;
  /** Name that `addEventListener` of the client takes. Default `message`. */
  readonly event?: string;
  /** What the client sends as `Last-Event-ID` when it comes back. */
  readonly id?: string | number;
  /** Milliseconds after which the client comes back. */
  readonly retry?: number;
  /** For whoever reads the wire; clients do not see it. */
  readonly comment?: string;
}

const lineEnd = /\r\n|\r|\n/;

/** An event as it travels, with the empty line that ends it. @throws TypeError for names and ids that no client could read */
export function eventBlock(event: SseEvent | string): string {
  const { data, event: name, id, retry, comment } = typeof event === 'string' ? ({ data: event } as SseEvent) : event;
  let text = '';
  if (comment !== undefined) for (const line of comment.split(lineEnd)) text += `: ${line}\n`;
  if (name !== undefined) text += `event: ${oneLine('event', name)}\n`;
  if (id !== undefined) text += `id: ${oneLine('id', String(id))}\n`;
  if (retry !== undefined) text += `retry: ${wholeNumber(retry)}\n`;
  if (data !== undefined) for (const line of (typeof data === 'string' ? data : JSON.stringify(data)).split(lineEnd)) text += `data: ${line}\n`;
  return `${text}\n`;
}

function oneLine(field: string, value: string): string {
  if (/[\r\n\0]/.test(value)) throw new TypeError(`the ${field} of a server-sent event must be one line: ${JSON.stringify(value.slice(0, 100))}`);
  return value;
}

function wholeNumber(retry: number): number {
  if (!Number.isInteger(retry) || retry < 0) throw new TypeError(`the retry of a server-sent event must be a whole number of milliseconds: ${retry}`);
  return retry;
}
