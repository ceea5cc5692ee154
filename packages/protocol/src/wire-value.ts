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
const unset = Symbol('unset');

/**
 * A value that is already in wire form, so that a hop which only forwards it neither parses nor stringifies it.
 *
 * `json` is the complete, valid JSON text of the value without its raw part. Whoever builds one from foreign text
 * must have parsed that text first: the writer splices it into frames unread.
 */
export class WireValue {
  readonly [brand] = true;
  readonly raw: RawPart | undefined;
  #json: string | undefined;
  #base: unknown = unset;
  #value: unknown = unset;

  constructor(json: string, raw?: RawPart) {
    this.#json = json;
    this.raw = raw;
  }

  /** From a plain value (without its raw part) instead of text. It must be JSON data and must not be changed afterwards. */
  static of(base: unknown, raw?: RawPart): WireValue {
    const value = new WireValue('', raw);
    value.#json = undefined;
    value.#base = base;
    return value;
  }

  /** JSON text of the value without its raw part. */
  get json(): string {
    return (this.#json ??= JSON.stringify(this.#base) ?? 'null');
  }

  /** The plain value without its raw part: cheap when only `status` or `headers` are of interest. Parses once. */
  get base(): unknown {
    if (this.#base === unset) this.#base = JSON.parse(this.json) as unknown;
    return this.#base;
  }

  /** The plain JavaScript value. Parses once. @throws SyntaxError when a raw part of form `json` is malformed. */
  toValue(): unknown {
    if (this.#value === unset) this.#value = this.#materialise();
    return this.#value;
  }

  /** Lets `JSON.stringify` of a structure that holds one give the plain form. */
  toJSON(): unknown {
    return this.toValue();
  }

  #materialise(): unknown {
    if (this.raw === undefined) return this.base;
    const part = rawPartToValue(this.raw);
    return this.raw.at === '' ? part : { ...(this.base as Record<string, unknown>), body: part };
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
