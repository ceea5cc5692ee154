import { cutText, Verdict, type Redactor } from '../redaction/redactor.js';
import { redacted } from '../redaction/secret-names.js';
import { Tag, type ByteWriter } from './byte-writer.js';
import type { AttributeValue } from './span-data.js';
import { noRoom, type StringTable } from './string-table.js';

/** Different values of one attribute that are worth a number; beyond, they are written in place. */
const mostSharedValues = 64;
const longestSharedValue = 256;
/** Characters of a name that are kept. */
const longestName = 256;
/** Places of a row of names that are remembered. */
const mostPlaces = 16;

export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** What is known of an attribute's name. */
interface KnownKey {
  readonly name: string;
  readonly number: number;
  readonly verdict: Verdict;
  /** Values by number; undefined once there were too many. */
  values: Map<string, number> | undefined;
}

/** Names in the order in which spans of one kind have them: mostly the next span has the same, and nothing is looked up. */
export type KeyRow = KnownKey[];

/** Limits of one record. */
export interface AttributeLimits {
  /** Characters of a value. */
  readonly longest: number;
  readonly most: number;
}

/** Writes attributes down. This is where secrets end and limits hold. */
export class AttributeWriter {
  /** Attributes that were left out since somebody set it to zero. */
  omitted = 0;
  readonly #strings: StringTable;
  readonly #redactor: Redactor;
  readonly #keys = new Map<string, KnownKey>();

  constructor(strings: StringTable, redactor: Redactor) {
    this.#strings = strings;
    this.#redactor = redactor;
  }

  /** `before`: attributes that the record has already. @returns how many it has now */
  members(attributes: Attributes, writer: ByteWriter, row: KeyRow, before: number, { longest, most }: AttributeLimits): number {
    let count = before;
    let place = 0;
    let hidesNamed: boolean | undefined;
    for (const name in attributes) {
      const value = attributes[name];
      if (value === undefined) continue;
      if (count >= most) {
        this.omitted += 1;
        continue;
      }
      const remembered = place < row.length ? row[place] : undefined;
      const key = remembered !== undefined && remembered.name === name ? remembered : this.#place(row, place, name);
      place += 1;
      if (key.verdict === Verdict.Named) hidesNamed ??= this.#redactor.namesSecret(attributes);
      this.#attribute(writer, key, key.verdict === Verdict.Named && hidesNamed === true ? redacted : value, longest);
      count += 1;
    }
    return count;
  }

  /** Key, value, key, value … @returns how many attributes the record has now */
  pairs(list: readonly (string | AttributeValue)[], writer: ByteWriter, before: number, { longest, most }: AttributeLimits): number {
    let count = before;
    for (let index = 0; index < list.length; index += 2) {
      if (count >= most) {
        this.omitted += 1;
        continue;
      }
      this.#attribute(writer, this.#key(list[index] as string), list[index + 1] as AttributeValue, longest);
      count += 1;
    }
    return count;
  }

  #key(name: string): KnownKey {
    return this.#keys.get(name) ?? this.#know(name);
  }

  #place(row: KeyRow, place: number, name: string): KnownKey {
    const key = this.#key(name);
    if (place < mostPlaces && place <= row.length) row[place] = key;
    return key;
  }

  #attribute(writer: ByteWriter, key: KnownKey, value: AttributeValue, longest: number): void {
    if (key.number === noRoom) writer.text(cutText(key.name, longestName));
    else writer.numbered(key.number);
    if (typeof value === 'number' && key.verdict !== Verdict.Secret) writer.number(value);
    else this.#value(writer, key, value, longest);
  }

  #value(writer: ByteWriter, key: KnownKey, value: AttributeValue, longest: number): void {
    const { values, name, verdict } = key;
    if (values !== undefined && typeof value === 'string' && value.length <= longestSharedValue) {
      // A value that came before was cleaned then.
      const number = values.get(value);
      if (number !== undefined) return writer.numbered(number);
    }
    const clean = verdict === Verdict.Keep && typeof value !== 'object' && (typeof value !== 'string' || value.length <= longest) ? value : this.#redactor.clean(name, value, verdict, longest);
    switch (typeof clean) {
      case 'string':
        if (values !== undefined && typeof value === 'string' && value.length <= longestSharedValue) {
          const number = this.#share(key, values, value, clean);
          if (number !== noRoom) return writer.numbered(number);
        }
        return writer.text(clean);
      case 'number': return writer.number(clean);
      case 'boolean': return writer.u8(clean ? Tag.True : Tag.False);
      default:
        writer.u8(Tag.List);
        writer.text(cutList(clean, longest));
    }
  }

  #share(key: KnownKey, values: Map<string, number>, value: string, clean: string): number {
    if (values.size >= mostSharedValues) {
      key.values = undefined;
      return noRoom;
    }
    const number = this.#strings.add(clean);
    if (number !== noRoom) values.set(value, number);
    return number;
  }

  #know(name: string): KnownKey {
    const verdict = this.#redactor.verdictOf(name);
    // Secrets are not remembered either.
    const mayShare = verdict !== Verdict.Secret && verdict !== Verdict.Named;
    const known: KnownKey = { name, number: name.length > longestName ? noRoom : this.#strings.add(name), verdict, values: mayShare ? new Map() : undefined };
    // Names that do not fit into the table are as many as somebody likes.
    if (known.number !== noRoom) this.#keys.set(name, known);
    return known;
  }
}

/** A list as JSON text that stays JSON when it is cut. */
function cutList(list: readonly (string | number | boolean)[], longest: number): string {
  let text = JSON.stringify(list);
  for (let kept = list.length; text.length > longest && kept > 0; ) {
    kept = Math.floor(kept / 2);
    text = JSON.stringify([...list.slice(0, kept), `…[${String(list.length)} items]`]);
  }
  return text;
}
