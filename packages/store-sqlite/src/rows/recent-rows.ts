/**
 * The rows used last, by a text, up to about a number of bytes. Two generations: what was not asked for while a whole
 * generation came in goes with the older one, so that neither a read nor a write has to keep an order.
 */
export class RecentRows<Row> {
  readonly #generationBytes: number;
  #young = new Map<string, Row>();
  #old = new Map<string, Row>();
  #youngBytes = 0;

  /** @param maxBytes of both generations together; 0 keeps nothing */
  constructor(maxBytes: number) {
    this.#generationBytes = Math.floor(maxBytes / 2);
  }

  get(key: string): Row | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** @param bytes about what the row takes; one larger than an eighth of the whole is not kept */
  set(key: string, row: Row, bytes: number): void {
    if (bytes * 4 > this.#generationBytes) return this.delete(key);
    this.#young.set(key, row);
    this.#youngBytes += bytes;
    if (this.#youngBytes <= this.#generationBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    if (this.#young.size > 0) this.#young = new Map();
    if (this.#old.size > 0) this.#old = new Map();
    this.#youngBytes = 0;
  }
}
