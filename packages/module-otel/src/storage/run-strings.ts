import type { StoreHandle } from '@motia/engine-core/contract';
import type { StringLookup } from '../record/string-table.js';
import type { OtelProgram } from '../store-program.js';

/** Texts of former runs that are kept at hand. */
const rememberedRuns = 8;
const nothing = '';

/** Texts by run of an engine: those of this one are at hand, those of others are read when somebody asks. */
export class RunStrings {
  readonly #handle: StoreHandle<OtelProgram>;
  readonly #own: { readonly run: string; readonly strings: StringLookup };
  readonly #others = new Map<string, Map<number, string>>();

  constructor(handle: StoreHandle<OtelProgram>, own: { readonly run: string; readonly strings: StringLookup }) {
    this.#handle = handle;
    this.#own = own;
  }

  of(run: string): StringLookup {
    if (run === this.#own.run) return this.#own.strings;
    let texts = this.#others.get(run);
    if (texts === undefined) {
      texts = new Map();
      const [oldest] = this.#others.size >= rememberedRuns ? this.#others.keys() : [];
      if (oldest !== undefined) this.#others.delete(oldest);
      this.#others.set(run, texts);
    }
    const known = texts;
    return {
      at: (number) => {
        const text = known.get(number);
        if (text !== undefined) return text;
        // An engine that runs goes on adding to its texts.
        for (const row of this.#handle.query('strings', { run, from: known.size === 0 ? 0 : number })) known.set(row.number, row.text);
        return known.get(number) ?? nothing;
      },
    };
  }
}
