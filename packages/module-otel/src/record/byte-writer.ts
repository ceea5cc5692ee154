import { noRoom, type StringTable } from './string-table.js';

/** How a text or a value is written down. */
export const Tag = { None: 0, Table: 1, Ascii: 2, Utf8: 3, Float: 4, True: 5, False: 6, Int: 7, List: 8 } as const;

/** Writes into a piece of memory up to a limit. Once something did not fit, `isFull` stays true until the next `begin`. */
export class ByteWriter {
  bytes: Uint8Array = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  at = 0;
  isFull = false;
  #limit = 0;

  begin(bytes: Uint8Array, view: DataView, at: number): void {
    this.bytes = bytes;
    this.view = view;
    this.at = at;
    this.isFull = false;
    this.#limit = bytes.byteLength;
  }

  /** Where `count` bytes begin that the caller fills in; undefined when they do not fit. */
  reserve(count: number): number | undefined {
    if (!this.#fits(count)) return undefined;
    this.at += count;
    return this.at - count;
  }

  u8(value: number): void {
    if (this.#fits(1)) this.bytes[this.at++] = value;
  }

  u16(value: number): void {
    if (!this.#fits(2)) return;
    this.view.setUint16(this.at, value > 65_535 ? 65_535 : value, true);
    this.at += 2;
  }

  u32(value: number): void {
    if (!this.#fits(4)) return;
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  f64(value: number): void {
    if (!this.#fits(8)) return;
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** Hexadecimal digits as bytes: `count` bytes of `text` from `from` on. */
  hex(text: string, from: number, count: number): void {
    const at = this.reserve(count);
    if (at === undefined) return;
    const { bytes } = this;
    for (let index = from, end = from + count * 2, to = at; index < end; index += 2, to += 1) bytes[to] = ((digits[text.charCodeAt(index)] as number) << 4) | (digits[text.charCodeAt(index + 1)] as number);
  }

  /** A text that comes again: by its number where the table has room for it. */
  shared(text: string | undefined, table: StringTable): void {
    if (text === undefined) return this.u8(Tag.None);
    const number = text.length > longestShared ? noRoom : table.add(text);
    if (number === noRoom) return this.text(text);
    this.numbered(number);
  }

  numbered(number: number): void {
    if (!this.#fits(5)) return;
    this.bytes[this.at] = Tag.Table;
    this.view.setUint32(this.at + 1, number, true);
    this.at += 5;
  }

  /** A text in place. */
  text(text: string): void {
    const { length } = text;
    if (!this.#fits(5 + length)) return;
    const { bytes } = this;
    const start = this.at;
    let at = start + 5;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 127) return this.#utf8(text);
      bytes[at++] = code;
    }
    bytes[start] = Tag.Ascii;
    this.view.setUint32(start + 1, length, true);
    this.at = at;
  }

  number(value: number): void {
    if ((value | 0) === value) {
      if (!this.#fits(5)) return;
      this.bytes[this.at] = Tag.Int;
      this.view.setInt32(this.at + 1, value, true);
      this.at += 5;
      return;
    }
    this.u8(Tag.Float);
    this.f64(value);
  }

  #utf8(text: string): void {
    const room = this.#limit - this.at - 5;
    if (room < text.length) {
      this.isFull = true;
      return;
    }
    const { read, written } = encoder.encodeInto(text, this.bytes.subarray(this.at + 5));
    if (read < text.length) {
      this.isFull = true;
      return;
    }
    this.bytes[this.at] = Tag.Utf8;
    this.view.setUint32(this.at + 1, written, true);
    this.at += 5 + written;
  }

  #fits(count: number): boolean {
    if (!this.isFull && this.at + count <= this.#limit) return true;
    this.isFull = true;
    return false;
  }
}

const longestShared = 512;
const encoder = new TextEncoder();
const digits = new Uint8Array(128);
for (let value = 0; value < 16; value += 1) {
  digits[value.toString(16).charCodeAt(0)] = value;
  digits[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}
