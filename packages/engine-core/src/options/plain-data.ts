/** An object literal or a null-prototype object: what JSON and YAML give. Class instances and functions are not. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Sets an own property even when the key is `__proto__`. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * Copies plain objects and arrays all the way down and leaves out members that are `undefined`. Anything else
 * (functions, sockets, class instances that programs hand over in options) is kept as it is.
 * @throws RangeError when the value refers to itself.
 */
export function copyPlainData(value: unknown): unknown {
  return copy(value, new Set());
}

function copy(value: unknown, ancestors: Set<unknown>): unknown {
  const isArray = Array.isArray(value);
  if (!isArray && !isPlainObject(value)) return value;
  if (ancestors.has(value)) throw new RangeError('the value refers to itself');
  ancestors.add(value);
  const copied = isArray ? value.map((item) => copy(item, ancestors)) : copyMembers(value, ancestors);
  ancestors.delete(value);
  return copied;
}

function copyMembers(members: Record<string, unknown>, ancestors: Set<unknown>): Record<string, unknown> {
  const copied: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(members)) {
    if (member !== undefined) setOwn(copied, key, copy(member, ancestors));
  }
  return copied;
}

/** Freezes plain objects and arrays all the way down. */
export function freezePlainData<T>(value: T): T {
  if (Array.isArray(value)) {
    for (const item of value) freezePlainData(item);
    return Object.freeze(value);
  }
  if (isPlainObject(value)) {
    for (const member of Object.values(value)) freezePlainData(member);
    return Object.freeze(value);
  }
  return value;
}
