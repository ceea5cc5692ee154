/** Where the raw part of a value stands: `''` is the value itself, `'/body'` its member `body`. Only these two depths exist. */
export type RawPointer = '' | '/body';
/** What the raw bytes are: JSON text not parsed yet, UTF-8 text, or opaque bytes. */
export type RawForm = 'json' | 'text' | 'bytes';

export interface RawPart {
  readonly at: RawPointer;
  readonly as: RawForm;
  readonly bytes: Uint8Array;
}

const brand = Symbol.for('motia.WireValue');

/**
 * A value that is already in wire form, so that a hop which only forwards it neither parses nor stringifies it.
 *
 * `json` is the complete, valid JSON text of the value without its raw part. Whoever builds one from foreign text
 * must have parsed that text first: the writer splices it into frames unread.
 */
export class WireValue {
  readonly [brand] = true;
  #value: unknown;
  #parsed = false;

  constructor(readonly json: string, readonly raw?: RawPart) {}

  /** The plain JavaScript value. Parses once. @throws SyntaxError when a raw part of form `json` is malformed. */
  toValue(): unknown {
    if (!this.#parsed) {
      this.#value = this.#materialise();
      this.#parsed = true;
    }
    return this.#value;
  }

  /** Lets `JSON.stringify` of a structure that holds one give the plain form. */
  toJSON(): unknown {
    return this.toValue();
  }

  #materialise(): unknown {
    if (this.raw === undefined) return JSON.parse(this.json) as unknown;
    const part = rawPartToValue(this.raw);
    if (this.raw.at === '') return part;
    const base = JSON.parse(this.json) as Record<string, unknown>;
    base['body'] = part;
    return base;
  }
}

/** True for a WireValue of any installed copy of this package. */
export function isWireValue(value: unknown): value is WireValue {
  return typeof value === 'object' && value !== null && brand in value;
}

/** Decodes a raw part into the value it stands for. @throws SyntaxError when `as` is `json` and the text is malformed. */
export function rawPartToValue(part: RawPart): unknown {
  if (part.as === 'bytes') return part.bytes;
  const text = Buffer.from(part.bytes.buffer, part.bytes.byteOffset, part.bytes.byteLength).toString('utf8');
  return part.as === 'json' ? (JSON.parse(text) as unknown) : text;
}
