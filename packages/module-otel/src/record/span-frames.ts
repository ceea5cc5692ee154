import type { SpanAttributes } from '@motia/engine-core/contract';
import type { AttributeLimits, AttributeWriter, KeyRow } from './attribute-writer.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { AttributePair } from './span-data.js';
import { noRoom, type StringTable } from './string-table.js';

/** What many spans have alike, written down once. */
export interface SpanFrame {
  /** Of its text in the table; `noRoom`: its attributes stand in every record. */
  readonly number: number;
  readonly count: number;
  readonly row: KeyRow;
}

/** Attributes that spans have in common. */
const mostCommon = 32;
const scratchBytes = 64 * 1024;
/** Frames that are remembered as they were read. */
const rememberedFrames = 1_000;

/** Frames by the object that the makers of spans hand over; a record names its frame by number. */
export class SpanFrames {
  readonly #attributes: AttributeWriter;
  readonly #strings: StringTable;
  readonly #limits: AttributeLimits;
  readonly #known = new WeakMap<SpanAttributes, SpanFrame>();
  readonly #writer = new ByteWriter();

  constructor(attributes: AttributeWriter, strings: StringTable, longest: number) {
    this.#attributes = attributes;
    this.#strings = strings;
    this.#limits = { longest, most: mostCommon };
  }

  of(common: SpanAttributes): SpanFrame {
    return this.#known.get(common) ?? this.#make(common);
  }

  #make(common: SpanAttributes): SpanFrame {
    const bytes = new Uint8Array(scratchBytes);
    this.#writer.begin(bytes, new DataView(bytes.buffer), 0);
    const omitted = this.#attributes.omitted;
    const count = this.#attributes.members(common, this.#writer, [], 0, this.#limits);
    this.#attributes.omitted = omitted;
    const text = this.#writer.isFull ? undefined : frameText(readAttributes(new ByteReader(bytes, this.#strings), count));
    const frame = { number: text === undefined ? noRoom : this.#strings.add(text), count, row: [] };
    this.#known.set(common, frame);
    return frame;
  }
}

/** Attributes as they follow each other in a record. */
export function readAttributes(reader: ByteReader, count: number): readonly AttributePair[] {
  const pairs: AttributePair[] = [];
  for (let left = count; left > 0; left -= 1) {
    const key = reader.text() ?? '';
    const value = reader.value();
    if (value !== undefined) pairs.push([key, value]);
  }
  return pairs;
}

/** Undefined where JSON would not give back the same. */
function frameText(pairs: readonly AttributePair[]): string | undefined {
  return pairs.every(([, value]) => typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) ? JSON.stringify(pairs) : undefined;
}

const read = new Map<string, readonly AttributePair[]>();
const nothing: readonly AttributePair[] = [];

/** The attributes of a frame, by its text in the table. */
export function readFrame(text: string): readonly AttributePair[] {
  if (text === '') return nothing;
  const known = read.get(text);
  if (known !== undefined) return known;
  if (read.size >= rememberedFrames) read.clear();
  const pairs = JSON.parse(text) as readonly AttributePair[];
  read.set(text, pairs);
  return pairs;
}
