import { StringDecoder } from 'node:string_decoder';

/** Turns writes of any split into lines. Text is kept as it was, without its line end (`\n` or `\r\n`). */
export class LineAssembler {
  #decoder: StringDecoder | undefined;
  #rest = '';

  /** `maxLineLength` in UTF-16 units: a longer line is handed on in pieces, so that nothing grows without bound. */
  constructor(
    private readonly maxLineLength: number,
    private readonly onLine: (line: string) => void,
  ) {}

  push(chunk: string | Uint8Array): void {
    let text = this.#rest + this.#decode(chunk);
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#deliver(text, start, text.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end);
      start = end + 1;
    }
    while (text.length - start > this.maxLineLength) {
      this.onLine(text.slice(start, start + this.maxLineLength));
      start += this.maxLineLength;
    }
    text = start === 0 ? text : text.slice(start);
    this.#rest = text;
  }

  /** Hands on what has no line end yet. */
  flush(): void {
    const rest = this.#rest + (this.#decoder?.end() ?? '');
    this.#rest = '';
    if (rest !== '') this.onLine(rest);
  }

  #decode(chunk: string | Uint8Array): string {
    if (typeof chunk === 'string') {
      // Text after half a character: what is pending can no longer be completed.
      return this.#decoder === undefined ? chunk : this.#decoder.end() + chunk;
    }
    this.#decoder ??= new StringDecoder('utf8');
    return this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }

  #deliver(text: string, from: number, to: number): void {
    let start = from;
    while (to - start > this.maxLineLength) {
      this.onLine(text.slice(start, start + this.maxLineLength));
      start += this.maxLineLength;
    }
    this.onLine(text.slice(start, to));
  }
}
