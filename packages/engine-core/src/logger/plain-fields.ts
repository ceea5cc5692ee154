import { isMotiaError } from '@motia/protocol';

const longestText = 16_384;
const deepest = 8;
/** Bounds the work for one record, whatever someone logs. */
const mostNodes = 2_000;

interface Budget {
  nodes: number;
  readonly ancestors: unknown[];
}

/**
 * A copy of anything that JSON can hold: never throws, never loops, bounded in size. Errors keep name, message, code,
 * stack and cause; what cannot be shown becomes a word in brackets.
 */
export function toPlainFields(value: unknown): unknown {
  return plain(value, { nodes: mostNodes, ancestors: [] });
}

function plain(value: unknown, budget: Budget): unknown {
  switch (typeof value) {
    case 'string': return value.length > longestText ? `${value.slice(0, longestText)}…[${value.length} characters]` : value;
    case 'number': return Number.isFinite(value) ? value : String(value);
    case 'boolean': case 'undefined': return value;
    case 'bigint': return String(value);
    case 'symbol': case 'function': return `[${typeof value}]`;
    case 'object': return value === null ? null : plainObject(value, budget);
  }
}

function plainObject(value: object, budget: Budget): unknown {
  budget.nodes -= 1;
  if (budget.nodes < 0) return '[cut]';
  if (budget.ancestors.includes(value)) return '[circular]';
  if (budget.ancestors.length >= deepest) return '[deep]';
  budget.ancestors.push(value);
  try {
    return members(value, budget);
  } catch {
    return '[unreadable]';
  } finally {
    budget.ancestors.pop();
  }
}

function members(value: object, budget: Budget): unknown {
  if (value instanceof Error) return plainError(value, budget);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value) || value instanceof Set) return list(value, budget);
  if (value instanceof Map) return keyed(value, budget);
  const toJson: unknown = (value as { toJSON?: unknown }).toJSON;
  if (typeof toJson === 'function') return plain(toJson.call(value), budget);
  return keyed(Object.entries(value), budget);
}

function list(items: Iterable<unknown>, budget: Budget): unknown {
  const copy: unknown[] = [];
  for (const item of items) {
    if (budget.nodes <= 0) {
      copy.push('[cut]');
      break;
    }
    budget.nodes -= 1;
    copy.push(plain(item, budget) ?? null);
  }
  return copy;
}

function keyed(entries: Iterable<readonly [unknown, unknown]>, budget: Budget): unknown {
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of entries) {
    if (budget.nodes <= 0) {
      copy['…'] = '[cut]';
      break;
    }
    budget.nodes -= 1;
    copy[String(key)] = plain(member, budget);
  }
  return copy;
}

function plainError(error: Error, budget: Budget): unknown {
  const { code, details } = error as { code?: unknown; details?: unknown };
  const stack = isMotiaError(error) ? userStack(error.stack) : error.stack;
  return {
    name: plain(error.name, budget),
    message: plain(error.message, budget),
    ...(code === undefined ? {} : { code: plain(code, budget) }),
    ...(details === undefined ? {} : { details: plain(details, budget) }),
    ...(error instanceof AggregateError ? { errors: plain(error.errors, budget) } : {}),
    ...(error.cause === undefined ? {} : { cause: plain(error.cause, budget) }),
    ...(stack === undefined ? {} : { stack: plain(stack, budget) }),
  };
}

const frame = /^\s+at /;
const ownFrame = /[\\/](?:@motia[\\/]|node_modules[\\/]motia[\\/]|packages[\\/](?:engine-core|protocol|motia-sdk|module-[\w-]+)[\\/](?:src|dist)[\\/]|apps[\\/]engine[\\/](?:src|dist)[\\/])|\bnode:/;

/** The stack of an error with a code without our own frames: what a handler threw keeps the user's; an operational error has none. */
function userStack(stack: string | undefined): string | undefined {
  const lines = stack?.split('\n') ?? [];
  const kept = lines.filter((line) => !frame.test(line) || !ownFrame.test(line));
  return kept.some((line) => frame.test(line)) ? kept.join('\n') : undefined;
}
