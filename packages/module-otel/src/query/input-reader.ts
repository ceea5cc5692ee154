import { otelErrors, type QueryProblem } from '../errors.js';

/** Reads the input of a function key by key, and tells everything that is wrong with it at once. Null and left out are the same. */
export class InputReader {
  /** True when a number was over its limit and taken down to it. */
  isClamped = false;
  readonly #functionId: string;
  readonly #input: Readonly<Record<string, unknown>>;
  readonly #problems: QueryProblem[] = [];

  constructor(functionId: string, payload: unknown) {
    this.#functionId = functionId;
    if (payload === undefined || payload === null) this.#input = {};
    else if (typeof payload === 'object' && !Array.isArray(payload)) this.#input = payload as Readonly<Record<string, unknown>>;
    else {
      this.#input = {};
      this.problem('', 'is not an object');
    }
  }

  problem(path: string, problem: string): void {
    this.#problems.push({ path, problem });
  }

  /** @throws `MOTIA_OTEL_INVALID_QUERY` */
  done(): void {
    if (this.#problems.length > 0) throw otelErrors.INVALID_QUERY({ functionId: this.#functionId, problems: this.#problems });
  }

  text(key: string, pattern?: { readonly test: (text: string) => boolean; readonly says: string }): string | undefined {
    const value = this.#input[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string' || value.length > 4096) this.problem(key, 'must be text of at most 4096 characters');
    else if (pattern !== undefined && !pattern.test(value)) this.problem(key, pattern.says);
    else return value;
    return undefined;
  }

  flag(key: string): boolean {
    const value = this.#input[key];
    if (value === undefined || value === null) return false;
    if (typeof value !== 'boolean') this.problem(key, 'must be true or false');
    return value === true;
  }

  number(key: string): number | undefined {
    const value = this.#input[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.problem(key, 'must be a number');
    return undefined;
  }

  /** A count from `least` to `most`; what is beyond `most` is taken down to it. */
  count(key: string, { least = 0, most, fallback }: { readonly least?: number; readonly most: number; readonly fallback: number }): number {
    const value = this.number(key);
    if (value === undefined) return fallback;
    if (!Number.isInteger(value) || value < least) {
      this.problem(key, `must be a whole number from ${String(least)} on`);
      return fallback;
    }
    if (value <= most) return value;
    this.isClamped = true;
    return most;
  }

  /** Epoch milliseconds; micro- and nanoseconds are known by their size. */
  time(key: string): number | undefined {
    const value = this.number(key);
    if (value === undefined) return undefined;
    return value >= 1e17 ? value / 1e6 : value >= 1e14 ? value / 1e3 : value;
  }

  choice<T extends string>(key: string, choices: readonly T[]): T | undefined {
    const value = this.#input[key];
    if (value === undefined || value === null) return undefined;
    if ((choices as readonly unknown[]).includes(value)) return value as T;
    this.problem(key, `must be one of ${choices.join(', ')}`);
    return undefined;
  }

  /** A list of names, at least one. */
  names(key: string, most: number): readonly string[] | undefined {
    const value = this.#input[key];
    if (value === undefined || value === null) return undefined;
    const isName = (entry: unknown): entry is string => typeof entry === 'string' && entry !== '' && entry.length <= 256;
    if (Array.isArray(value) && value.length >= 1 && value.length <= most && value.every(isName)) return value;
    this.problem(key, `must be a list of 1 to ${String(most)} names`);
    return undefined;
  }

  /** Pairs of texts: `[["key", "value"]]`, or an object. */
  pairs(key: string): readonly (readonly [string, string])[] {
    const value = this.#input[key];
    if (value === undefined || value === null) return [];
    const entries: unknown[] = Array.isArray(value) ? value : typeof value === 'object' ? Object.entries(value) : [undefined];
    const isPair = (entry: unknown): entry is [string, unknown] => Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string' && ['string', 'number', 'boolean'].includes(typeof entry[1]);
    if (entries.length <= 32 && entries.every(isPair)) return entries.map(([name, wanted]) => [name, String(wanted)]);
    this.problem(key, 'must be at most 32 pairs of key and value');
    return [];
  }

  has(key: string): boolean {
    return this.#input[key] !== undefined && this.#input[key] !== null;
  }

  raw(key: string): unknown {
    return this.#input[key];
  }
}

/** How ids must look. */
export const traceIdText = { test: (text: string): boolean => /^[0-9a-f]{32}$/i.test(text), says: 'must be 32 hexadecimal digits' };
export const spanIdText = { test: (text: string): boolean => /^[0-9a-f]{16}$/i.test(text), says: 'must be 16 hexadecimal digits' };
