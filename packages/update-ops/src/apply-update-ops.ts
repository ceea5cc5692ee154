import { parseUpdateOps } from './parse-update-ops.js';
import type { CheckedUpdateOp, UpdateProblem } from './update-op.js';

export type UpdateOutcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: UpdateProblem };

/**
 * Applies checked operations in order, all or nothing. `current` is the item, undefined when there is none; neither it nor the operations
 * are changed, and the result may share parts with both: treat all three as frozen. An item that no operation gave a value is `{}`.
 */
export function applyUpdateOps(current: unknown, ops: readonly CheckedUpdateOp[]): UpdateOutcome {
  const draft = new Draft(current);
  for (const [opIndex, op] of ops.entries()) {
    try {
      draft.apply(op);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      return { ok: false, problem: { code: `${op.type}.${thrown.condition}`, message: thrown.message, opIndex } };
    }
  }
  return { ok: true, value: draft.value === undefined ? {} : draft.value };
}

/** Checks and applies in one step: for lists that are applied where they are received. */
export function updateValue(current: unknown, ops: unknown): UpdateOutcome {
  const parsed = parseUpdateOps(ops);
  return parsed.ok ? applyUpdateOps(current, parsed.ops) : parsed;
}

class Refusal extends Error {
  constructor(
    readonly condition: string,
    message: string,
  ) {
    super(message);
  }
}

type Mutable = Record<string, unknown>;

/** The item while it changes: what it consists of is copied at the first change, once. */
class Draft {
  value: unknown;
  readonly #copies = new Set<object>();

  constructor(current: unknown) {
    this.value = current;
  }

  apply(op: CheckedUpdateOp): void {
    const key = op.path.at(-1);
    if (op.type === 'remove') this.#remove(op.path);
    else if (key === undefined) this.value = this.#changed(op, this.value);
    else {
      const holder = this.#holder(op.path);
      holder[key] = this.#changed(op, Object.hasOwn(holder, key) ? holder[key] : undefined);
    }
  }

  #changed(op: Exclude<CheckedUpdateOp, { readonly type: 'remove' }>, target: unknown): unknown {
    switch (op.type) {
      case 'set':
        return op.value;
      case 'merge':
        return this.#merged(target, op);
      case 'append':
        return this.#appended(target, op.value, op.path);
      case 'increment':
        return sum(target, op.by, op.path);
      case 'decrement':
        return sum(target, -op.by, op.path);
    }
  }

  #merged(target: unknown, { value, path }: { readonly value: Readonly<Mutable>; readonly path: readonly string[] }): unknown {
    if (target === undefined) return value;
    if (!isObject(target)) throw new Refusal('target_not_object', `At ${shown(path)} stands ${kindOf(target)}; merge needs an object or nothing there.`);
    return Object.assign(this.#own(target), value);
  }

  #appended(target: unknown, value: unknown, path: readonly string[]): unknown {
    if (target === undefined || target === null) return typeof value === 'string' ? value : this.#keep([value]);
    if (Array.isArray(target)) {
      const list = this.#copies.has(target) ? (target as unknown[]) : this.#keep([...(target as unknown[])]);
      list.push(value);
      return list;
    }
    if (typeof target !== 'string') throw new Refusal('type_mismatch', `At ${shown(path)} stands ${kindOf(target)}; append needs an array, a string or nothing there.`);
    if (typeof value !== 'string') throw new Refusal('type_mismatch', `At ${shown(path)} stands a string; ${kindOf(value)} cannot be appended to it.`);
    return target + value;
  }

  #remove(path: readonly string[]): void {
    if (this.#isMissing(path)) return;
    delete this.#holder(path)[path.at(-1) as string];
  }

  /** Whether nothing stands at the path. @throws Refusal when it leads through something that has no keys */
  #isMissing(path: readonly string[]): boolean {
    let node = this.value;
    for (const [at, key] of path.entries()) {
      if (node === undefined) return true;
      if (!isObject(node)) throw noWay(path, at, node);
      node = Object.hasOwn(node, key) ? node[key] : undefined;
    }
    return node === undefined;
  }

  /** The object that holds the last key of the path, ready to be changed; objects that are missing on the way are made. */
  #holder(path: readonly string[]): Mutable {
    let holder = this.#descend(this.value, path, 0);
    this.value = holder;
    for (let at = 0; at < path.length - 1; at += 1) {
      const key = path[at] as string;
      const next = this.#descend(Object.hasOwn(holder, key) ? holder[key] : undefined, path, at + 1);
      holder[key] = next;
      holder = next;
    }
    return holder;
  }

  #descend(node: unknown, path: readonly string[], at: number): Mutable {
    if (node === undefined) return this.#keep({});
    if (!isObject(node)) throw noWay(path, at, node);
    return this.#own(node);
  }

  #own(object: Readonly<Mutable>): Mutable {
    return this.#copies.has(object) ? (object) : this.#keep({ ...object });
  }

  #keep<T extends object>(copy: T): T {
    this.#copies.add(copy);
    return copy;
  }
}

function sum(target: unknown, by: number, path: readonly string[]): number {
  if (target !== undefined && typeof target !== 'number') throw new Refusal('not_number', `At ${shown(path)} stands ${kindOf(target)}, not a number.`);
  const start = target ?? 0;
  const result = start + by;
  if (!Number.isFinite(result)) throw new Refusal('not_finite', `The result at ${shown(path)} is larger than numbers can be.`);
  // Beyond 2^53 adding one changes nothing: counts would be lost without anyone noticing.
  if (Number.isInteger(start) && Number.isInteger(by) && !Number.isSafeInteger(result)) {
    throw new Refusal('unsafe_integer', `The result at ${shown(path)} is beyond 2^53 and would not be exact.`);
  }
  return result === 0 ? 0 : result;
}

function noWay(path: readonly string[], at: number, node: unknown): Refusal {
  return new Refusal('target_not_object', `${shown(path)} cannot be reached: at ${shown(path.slice(0, at))} stands ${kindOf(node)}.`);
}

function isObject(value: unknown): value is Readonly<Mutable> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(path: readonly string[]): string {
  return path.length === 0 ? 'the root' : JSON.stringify(path);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
