/** Types that get a name of their own, so that others, and they themselves, can refer to them. */
export class AliasTable {
  readonly #texts = new Map<string, string>();
  /** Which names a type needs before it is known itself: not behind a member or an item. */
  readonly #needs = new Map<string, Set<string>>();

  /** A name that begins with `wanted` and is nobody's yet. */
  reserve(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#texts.has(name); number += 1) name = `${wanted}_${number}`;
    this.#texts.set(name, '');
    return name;
  }

  define(name: string, text: string): void {
    this.#texts.set(name, text);
  }

  /** Gives a reserved name back: nothing refers to it. */
  release(name: string): void {
    this.#texts.delete(name);
  }

  /** Notes that `from` needs `to` at once. False, and nothing noted, where `to` needs `from`: no type is made of itself. */
  allows(from: string, to: string): boolean {
    if (this.#reaches(to, from, new Set())) return false;
    this.#needs.set(from, (this.#needs.get(from) ?? new Set()).add(to));
    return true;
  }

  /** `type Name = …` of each, by name. */
  declarations(): readonly string[] {
    return [...this.#texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `type ${name} = ${text};`);
  }

  #reaches(from: string, to: string, seen: Set<string>): boolean {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(this.#needs.get(from) ?? [])].some((next) => this.#reaches(next, to, seen));
  }
}

/** A topic, stream or definition as a part of a type name: `order.created` is `OrderCreated`. */
export function namePart(text: string): string {
  const words = text.match(/[A-Za-z0-9]+/g) ?? ['Unnamed'];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
