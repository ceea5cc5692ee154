declare const answer: unique symbol;

/** A change that is part of a transaction and not made yet. Return it from the transaction's function to get its result. */
export class PendingChange<T> {
  declare readonly [answer]: T;
  /** Place among the operations of the transaction. */
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** What a transaction resolves with: changes that its function returned, alone or in a list or an object, give their results. */
export type Committed<R> = R extends PendingChange<infer T>
  ? T
  : R extends readonly unknown[]
    ? { -readonly [K in keyof R]: Committed<R[K]> }
    : R extends Readonly<Record<string, PendingChange<unknown>>>
      ? { -readonly [K in keyof R]: Committed<R[K]> }
      : R;

/** Puts results in the places of changes. */
export function committed<R>(returned: R, results: readonly unknown[]): Committed<R> {
  return resolve(returned, results) as Committed<R>;
}

function resolve(value: unknown, results: readonly unknown[]): unknown {
  if (value instanceof PendingChange) return results[value.index];
  if (Array.isArray(value)) return value.map((item) => resolve(item, results));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  if (!members.some(([, member]) => member instanceof PendingChange)) return value;
  return Object.fromEntries(members.map(([key, member]) => [key, resolve(member, results)]));
}
