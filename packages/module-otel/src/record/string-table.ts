/** No room for another string: the caller writes it in place. */
export const noRoom = -1;

/** Texts that come again and again, by number. It only grows, up to its bounds, so that numbers stay true. */
export class StringTable {
  readonly #numbers = new Map<string, number>();
  readonly #strings: string[] = [];
  readonly #most: number;
  readonly #mostCharacters: number;
  #characters = 0;

  constructor(limits: { readonly most?: number; readonly mostCharacters?: number } = {}) {
    this.#most = limits.most ?? 20_000;
    this.#mostCharacters = limits.mostCharacters ?? 2_000_000;
  }

  get size(): number {
    return this.#strings.length;
  }

  /** @returns its number, or `noRoom` */
  add(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#strings.length >= this.#most || this.#characters + text.length > this.#mostCharacters) return noRoom;
    const number = this.#strings.length;
    this.#strings.push(text);
    this.#numbers.set(text, number);
    this.#characters += text.length;
    return number;
  }

  at(number: number): string {
    return this.#strings[number] ?? '';
  }

  /** Those added since there were `count`, for a copy of the table elsewhere. */
  since(count: number): readonly string[] {
    return this.#strings.slice(count);
  }
}

/** What decodes: a table, or a copy of one. */
export interface StringLookup {
  at(number: number): string;
}
