import { messageOf } from '@motia/protocol';

const maxDepth = 8;
const maxNodes = 1000;
const maxMembers = 1000;
const maxTextLength = 16_384;
const maxKeyLength = 1024;
/** Of texts, keys and everything else together. */
const maxTotalLength = 131_072;
/** What counts for a value that is no text. */
const plainLength = 8;

/**
 * A copy of log data that can always be sent: plain JSON, taken at once so that later changes do not show, errors with
 * their stack, cycles and what exceeds depth 8, 1000 objects, 1000 members of one, 16 Ki characters in one text or 128 Ki in all marked instead of thrown.
 */
export function toLogData(value: unknown): unknown {
  return copy(value, { nodes: 0, length: 0, ancestors: [] }, 0);
}

interface Walk {
  nodes: number;
  length: number;
  readonly ancestors: object[];
}

function copy(value: unknown, walk: Walk, depth: number): unknown {
  if (typeof value !== 'string') walk.length += plainLength;
  switch (typeof value) {
    case 'string':
      return copyText(value, walk);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
    case 'symbol':
      return copyText(String(value), walk);
    case 'function':
      return copyText(`[Function ${value.name}]`, walk);
    case 'object':
      return value === null ? null : copyObject(value, walk, depth);
    case 'boolean':
    case 'undefined':
      return value;
  }
}

function copyText(text: string, walk: Walk): string {
  if (walk.length >= maxTotalLength) return '[Truncated]';
  walk.length += Math.min(text.length, maxTextLength);
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
    return `[Unreadable: ${messageOf(error)}]`;
  } finally {
    walk.ancestors.pop();
  }
}

function copyMembers(value: object, walk: Walk, depth: number): unknown {
  if (Array.isArray(value)) return copyItems(value, walk, depth);
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    return {
      name: copy(name, walk, depth),
      message: copy(message, walk, depth),
      ...(stack === undefined ? {} : { stack: copy(stack, walk, depth) }),
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
  const copied: unknown[] = [];
  for (const item of items) {
    if (copied.length === maxMembers || walk.length >= maxTotalLength) {
      copied.push(`… ${items.length - copied.length} more items`);
      break;
    }
    copied.push(copy(item, walk, depth));
  }
  return copied;
}

function ownMembers(value: object, walk: Walk, depth: number, except: readonly string[]): Record<string, unknown> {
  const copied: Record<string, unknown> = {};
  const entries = Object.entries(value);
  let seen = 0;
  for (const [key, member] of entries) {
    if (seen === maxMembers || walk.length >= maxTotalLength) {
      copied['…'] = `${entries.length - seen} more members`;
      break;
    }
    seen += 1;
    if (except.includes(key) || member === undefined) continue;
    const name = key.length > maxKeyLength ? `${key.slice(0, maxKeyLength)}…` : key;
    walk.length += name.length;
    // Defined, not assigned: a key named __proto__ must stay a key.
    Object.defineProperty(copied, name, { value: copy(member, walk, depth), enumerable: true, writable: true, configurable: true });
  }
  return copied;
}
