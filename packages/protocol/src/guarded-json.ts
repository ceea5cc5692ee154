import { isUtf8 } from 'node:buffer';
import { scanJsonText } from './json-scanner.js';
import type { JsonFinding } from './json-scanner.js';

/** How much structure foreign JSON may have. */
export interface JsonGuards {
  /** Objects and arrays inside each other. Default 64. */
  readonly maxDepth?: number;
  /** Objects, arrays, strings, numbers and literals, keys not counted. Default 100,000. */
  readonly maxNodes?: number;
}

/** Why foreign JSON was refused. Lines and columns start at 1 and point at the first byte that cannot be there. */
export type JsonProblem =
  | { readonly reason: 'invalid'; readonly message: string; readonly line: number; readonly column: number }
  | { readonly reason: 'too_deep'; readonly limit: number; readonly line: number; readonly column: number }
  | { readonly reason: 'too_complex'; readonly limit: number; readonly line: number; readonly column: number }
  | { readonly reason: 'forbidden_key'; readonly key: string; readonly line: number; readonly column: number };

export type GuardedJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: JsonProblem };

const DEFAULT_MAX_DEPTH = 64;
const DEFAULT_MAX_NODES = 100_000;
/** 65 levels take 130 bytes. */
const TOO_SHORT_TO_HARM = 129;
/** What may be, or hide, a forbidden key or invalid UTF-8. */
const suspicious = /\\|__proto__|prototype|\uFFFD/;
const REPLACEMENT = Buffer.from('\uFFFD');

/**
 * Parses JSON that a stranger sent: UTF-8 only, a leading byte order mark dropped, bounded in depth and size, and
 * without the keys that pollute prototypes (`__proto__`, and `prototype` inside `constructor`). Never throws.
 */
export function parseGuardedJson(input: Uint8Array | string, guards: JsonGuards = {}): GuardedJson {
  const bytes = typeof input === 'string' ? Buffer.from(input) : asBuffer(input);
  const start = bomLength(bytes);
  const text = start === 0 && typeof input === 'string' ? input : bytes.toString('utf8', start);
  const isHarmless = bytes.length <= TOO_SHORT_TO_HARM && guards.maxDepth === undefined && guards.maxNodes === undefined && !suspicious.test(text);
  try {
    if (isHarmless) return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    // The scan below finds the place of the error.
  }
  const problem = scanJson(bytes, guards);
  return problem === undefined ? { ok: true, value: JSON.parse(text) as unknown } : { ok: false, problem };
}

/** Checks JSON as `parseGuardedJson` does, without building a value: for bodies that are only passed on. */
export function scanJson(input: Uint8Array, { maxDepth = DEFAULT_MAX_DEPTH, maxNodes = DEFAULT_MAX_NODES }: JsonGuards = {}): JsonProblem | undefined {
  const bytes = asBuffer(input);
  const finding = scanJsonText(bytes, bomLength(bytes), maxDepth, maxNodes);
  if (finding !== undefined) return describe(bytes, finding, maxDepth, maxNodes);
  return isUtf8(bytes) ? undefined : describe(bytes, { kind: 'invalid', at: firstInvalidUtf8(bytes), message: 'invalid UTF-8' }, maxDepth, maxNodes);
}

function describe(bytes: Buffer, finding: JsonFinding, maxDepth: number, maxNodes: number): JsonProblem {
  const place = placeOf(bytes, finding.at);
  switch (finding.kind) {
    case 'invalid':
      return { reason: 'invalid', message: finding.message, ...place };
    case 'too_deep':
      return { reason: 'too_deep', limit: maxDepth, ...place };
    case 'too_complex':
      return { reason: 'too_complex', limit: maxNodes, ...place };
    case 'forbidden_key':
      return { reason: 'forbidden_key', key: finding.key, ...place };
  }
}

function placeOf(bytes: Buffer, at: number): { line: number; column: number } {
  let line = 1;
  let lineStart = bomLength(bytes);
  for (let newline = bytes.indexOf(0x0a, lineStart); newline !== -1 && newline < at; newline = bytes.indexOf(0x0a, newline + 1)) {
    line++;
    lineStart = newline + 1;
  }
  return { line, column: bytes.toString('utf8', lineStart, at).length + 1 };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bomLength(bytes: Buffer): number {
  return bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Decoding turns the first bad byte into U+FFFD; one that was sent as such is three bytes long in the source. */
function firstInvalidUtf8(bytes: Buffer): number {
  const text = bytes.toString('utf8');
  for (let index = text.indexOf('\uFFFD'); index !== -1; index = text.indexOf('\uFFFD', index + 1)) {
    const at = Buffer.byteLength(text.slice(0, index));
    if (bytes.compare(REPLACEMENT, 0, 3, at, Math.min(at + 3, bytes.length)) !== 0) return at;
  }
  return bytes.length;
}
