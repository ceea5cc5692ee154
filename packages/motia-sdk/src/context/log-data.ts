const maxDepth = 8;
const maxNodes = 1000;
const maxMembers = 1000;
const maxTextLength = 16_384;
const maxTotalTextLength = 131_072;

/**
 * A copy of log data that can always be sent: plain JSON, taken at once so that later changes do not show, errors with
 * their stack, cycles and what exceeds depth 8, 1000 objects, 1000 members of one, 16 Ki characters in one text or 128 Ki in all marked instead of thrown.
 */
export function toLogData(value: unknown): unknown {
  return copy(value, { nodes: 0, textLength: 0, ancestors: [] }, 0);
}

interface Walk {
  nodes: number;
  textLength: number;
  readonly ancestors: object[];
}

function copy(value: unknown, walk: Walk, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return copyText(value, walk);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
    case 'symbol':
      return String(value);
    case 'function':
      return `[Function ${value.name}]`;
    case 'object':
      return value === null ? null : copyObject(value, walk, depth);
    case 'boolean':
    case 'undefined':
      return value;
  }
}

function copyText(text: string, walk: Walk): string {
  if (walk.textLength >= maxTotalTextLength) return '[Truncated]';
  walk.textLength += Math.min(text.length, maxTextLength);
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}… (${text.length} characters)` : text;
}

function copyObject(value: object, walk: Walk, depth: number): unknown {
  if (walk.ancestors.includes(value)) return '[Circular]';
  walk.nodes += 1;
  if (walk.nodes > maxNodes) return '[Truncated]';
  if (depth >= maxDepth) return Array.isArray(value) ? '[Array]' : '[Object]';
  walk.ancestors.push(value);
  try {
    return copyMembers(value, walk, depth + 1);
  } catch (error) {
    return `[Unreadable: ${error instanceof Error ? error.message : String(error)}]`;
  } finally {
    walk.ancestors.pop();
  }
}

function copyMembers(value: object, walk: Walk, depth: number): unknown {
  if (Array.isArray(value)) return copyItems(value, walk, depth);
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    return {
      name,
      message,
      ...(stack === undefined ? {} : { stack }),
      ...(cause === undefined ? {} : { cause: copy(cause, walk, depth) }),
      ...ownMembers(value, walk, depth, ['name', 'message', 'stack', 'cause']),
    };
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return copy((toJSON as () => unknown).call(value), walk, depth);
  if (value instanceof Map) return copy(Object.fromEntries([...value].map(([k, v]) => [String(k), v as unknown])), walk, depth);
  if (value instanceof Set) return copy([...value], walk, depth);
  if (ArrayBuffer.isView(value)) return `[${value.constructor.name} of ${value.byteLength} bytes]`;
  return ownMembers(value, walk, depth, []);
}

function copyItems(items: readonly unknown[], walk: Walk, depth: number): unknown[] {
  const copied = items.slice(0, maxMembers).map((item) => copy(item, walk, depth));
  if (items.length > maxMembers) copied.push(`… ${items.length - maxMembers} more items`);
  return copied;
}

function ownMembers(value: object, walk: Walk, depth: number, except: readonly string[]): Record<string, unknown> {
  const copied: Record<string, unknown> = {};
  const entries = Object.entries(value);
  if (entries.length > maxMembers) copied['…'] = `${entries.length - maxMembers} more members`;
  for (const [key, member] of entries.slice(0, maxMembers)) {
    if (except.includes(key) || member === undefined) continue;
    // Defined, not assigned: a key named __proto__ must stay a key.
    Object.defineProperty(copied, key, { value: copy(member, walk, depth), enumerable: true, writable: true, configurable: true });
  }
  return copied;
}
