import { Tag } from './byte-writer.js';
import type { AttributeValue } from './span-data.js';
import type { StringLookup } from './string-table.js';

/** Reads what `ByteWriter` wrote. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly strings: StringLookup;
  at = 0;

  constructor(bytes: Uint8Array, strings: StringLookup) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.strings = strings;
  }

  /** Bytes of the record that begins at `at`. */
  lengthAt(at: number): number {
    return this.#view.getUint32(at, true);
  }

  u8(): number {
    return this.#bytes[this.at++] as number;
  }

  u16(): number {
    this.at += 2;
    return this.#view.getUint16(this.at - 2, true);
  }

  u32(): number {
    this.at += 4;
    return this.#view.getUint32(this.at - 4, true);
  }

  f64(): number {
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, true);
  }

  hex(count: number): string {
    this.at += count;
    return this.#bytes.toString('hex', this.at - count, this.at);
  }

  text(): string | undefined {
    const value = this.value();
    return typeof value === 'string' ? value : undefined;
  }

  value(): AttributeValue | undefined {
    const tag = this.u8();
    switch (tag) {
      case Tag.Table: return this.strings.at(this.u32());
      case Tag.Ascii: return this.#slice('latin1');
      case Tag.Utf8: return this.#slice('utf8');
      case Tag.Float: return this.f64();
      case Tag.Int: this.at += 4; return this.#view.getInt32(this.at - 4, true);
      case Tag.True: return true;
      case Tag.False: return false;
      case Tag.List: return JSON.parse(this.text() ?? '[]') as AttributeValue;
      default: return undefined;
    }
  }

  #slice(encoding: 'latin1' | 'utf8'): string {
    const length = this.u32();
    this.at += length;
    return this.#bytes.toString(encoding, this.at - length, this.at);
  }
}
