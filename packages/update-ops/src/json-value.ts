/** Why something is no JSON value. `pointer` is the JSON pointer of the place, `''` for the whole. */
export interface JsonValueProblem {
  readonly reason: 'not_serializable' | 'too_deep' | 'forbidden_key';
  readonly pointer: string;
  /** What stands there: `a function`, `undefined`, `a circle`. */
  readonly found: string;
}

export type JsonValueResult =
  | {
      readonly ok: true;
      /** The same object where nothing had to change, so it is not a copy: treat it as frozen. */
      readonly value: unknown;
      /** Objects and arrays inside each other: 0 for a scalar. */
      readonly depth: number;
      /** Pointer of the first integer beyond 2^53, which may have been rounded before it came here. */
      readonly unsafeIntegerAt?: string;
    }
  | { readonly ok: false; readonly problem: JsonValueProblem };

/**
 * What `JSON.parse(JSON.stringify(value))` would give, where that loses nothing that matters: members that are undefined are left out and `toJSON` is
 * honoured; functions, symbols, big integers, NaN, infinities, circles, maps and other instances, `undefined` as the whole or
 * inside an array, and the key `__proto__` (and `prototype` inside `constructor`) are problems.
 */
export function toJsonValue(input: unknown, options: { readonly maxDepth?: number } = {}): JsonValueResult {
  const walk = new Walk(options.maxDepth ?? 64);
  try {
    const value = walk.visit(input, 0, false);
    const { depth, unsafeIntegerAt } = walk;
    return { ok: true, value, depth, ...(unsafeIntegerAt === undefined ? {} : { unsafeIntegerAt }) };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { ok: false, problem: { reason: thrown.reason, pointer: walk.pointer(), found: thrown.found } };
    return { ok: false, problem: { reason: 'not_serializable', pointer: walk.pointer(), found: 'an object that throws when it is read' } };
  }
}

class Refusal extends Error {
  constructor(
    readonly reason: JsonValueProblem['reason'],
    readonly found: string,
  ) {
    super(found);
  }
}

class Walk {
  depth = 0;
  unsafeIntegerAt: string | undefined;
  readonly #maxDepth: number;
  readonly #keys: (string | number)[] = [];
  readonly #ancestors: object[] = [];

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  pointer(): string {
    return this.#keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  }

  visit(value: unknown, depth: number, isConstructor: boolean): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return this.#number(value);
      case 'object':
        return value === null ? null : this.#object(value, depth, isConstructor, true);
      default:
        throw new Refusal('not_serializable', typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`);
    }
  }

  #number(value: number): number {
    if (!Number.isFinite(value)) throw new Refusal('not_serializable', String(value));
    if (!Number.isSafeInteger(value) && Number.isInteger(value)) this.unsafeIntegerAt ??= this.pointer();
    return value === 0 ? 0 : value;
  }

  #object(value: object, depth: number, isConstructor: boolean, honoursToJson: boolean): unknown {
    if (this.#ancestors.includes(value)) throw new Refusal('not_serializable', 'a circle');
    if (depth >= this.#maxDepth) throw new Refusal('too_deep', `more than ${this.#maxDepth} objects and arrays inside each other`);
    if (honoursToJson && 'toJSON' in value && typeof value.toJSON === 'function') return this.#viaToJson((value as { toJSON(key: string): unknown }).toJSON(String(this.#keys.at(-1) ?? '')), depth, isConstructor);
    if (depth + 1 > this.depth) this.depth = depth + 1;
    this.#ancestors.push(value);
    const result = Array.isArray(value) ? this.#array(value, depth) : this.#record(value as Record<string, unknown>, depth, isConstructor);
    this.#ancestors.pop();
    return result;
  }

  /** What a `toJSON` gave is taken as it is: JSON does not ask it again. */
  #viaToJson(given: unknown, depth: number, isConstructor: boolean): unknown {
    return typeof given === 'object' && given !== null ? this.#object(given, depth, isConstructor, false) : this.visit(given, depth, isConstructor);
  }

  #array(list: readonly unknown[], depth: number): unknown {
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index += 1) {
      this.#keys.push(index);
      const member = this.visit(list[index], depth + 1, false);
      this.#keys.pop();
      if (copy === undefined && !Object.is(member, list[index])) copy = list.slice(0, index);
      copy?.push(member);
    }
    return copy ?? list;
  }

  #record(record: Record<string, unknown>, depth: number, isConstructor: boolean): unknown {
    const prototype = Object.getPrototypeOf(record) as object | null;
    // Of another realm too: a plain object is one whose prototype has none.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw new Refusal('not_serializable', `an instance of ${nameOf(prototype)}`);
    const keys = Object.keys(record);
    let copy: Record<string, unknown> | undefined;
    for (const [place, key] of keys.entries()) {
      this.#keys.push(key);
      if (key === '__proto__') throw new Refusal('forbidden_key', 'the key "__proto__"');
      if (isConstructor && key === 'prototype') throw new Refusal('forbidden_key', 'the key "constructor.prototype"');
      const given = record[key];
      const member = given === undefined ? undefined : this.visit(given, depth + 1, key === 'constructor');
      this.#keys.pop();
      if (copy === undefined && (given === undefined || !Object.is(member, given))) copy = Object.fromEntries(keys.slice(0, place).map((earlier) => [earlier, record[earlier]]));
      if (copy !== undefined && given !== undefined) copy[key] = member;
    }
    return copy ?? record;
  }
}

function nameOf(prototype: object): string {
  const name: unknown = (prototype as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'a class';
}
