import type { TestEvent } from './test-http.js';

/** Reads server-sent events as the HTML standard says: any line end, comments and events without data are skipped. */
export async function* eventsOf(body: AsyncIterable<Uint8Array>, close: () => void): AsyncGenerator<TestEvent, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  let event = '';
  let id: string | undefined;
  try {
    for await (const chunk of body) {
      rest += decoder.decode(chunk, { stream: true });
      for (;;) {
        // A CR at the very end may be half of a CRLF.
        const end = /\r\n|\n|\r(?!$)/.exec(rest);
        if (end === null) break;
        const line = rest.slice(0, end.index);
        rest = rest.slice(end.index + end[0].length);
        if (line === '') {
          if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n'), id };
          data = [];
          event = '';
          continue;
        }
        const colon = line.indexOf(':');
        const field = colon === -1 ? line : line.slice(0, colon);
        const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
        if (field === 'data') data.push(value);
        else if (field === 'event') event = value;
        else if (field === 'id') id = value;
      }
    }
  } finally {
    close();
  }
}
