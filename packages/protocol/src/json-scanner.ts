/** The first thing that is wrong with a JSON text; `at` is a byte offset. */
export type JsonFinding =
  | { readonly kind: 'invalid'; readonly at: number; readonly message: string }
  | { readonly kind: 'too_deep' | 'too_complex'; readonly at: number }
  | { readonly kind: 'forbidden_key'; readonly at: number; readonly key: string };

/** What may stand next. */
const VALUE = 0;
const AFTER_VALUE = 1;
const KEY = 2;
const VALUE_OR_END = 3;
const KEY_OR_END = 4;

const ARRAY = 0;
const OBJECT = 1;
/** An object that is the value of a key `constructor`. */
const CONSTRUCTOR_OBJECT = 3;

/** Bytes that end the plain part of a string: quote, backslash, control characters. Behind the text: undefined, which is not 0 either. */
const endsPlain = new Uint8Array(256);
endsPlain.fill(1, 0, 0x20);
endsPlain[0x22] = 1;
endsPlain[0x5c] = 1;

/**
 * Reads JSON byte by byte without building anything, accepting exactly what `JSON.parse` accepts; undefined when the
 * text is one value within the limits. One flat loop over local variables: about 0.6 of the time of `JSON.parse`.
 */
export function scanJsonText(bytes: Uint8Array, from: number, maxDepth: number, maxNodes: number): JsonFinding | undefined {
  const stack: number[] = [];
  let container = ARRAY;
  let depth = 0;
  let nodes = 0;
  let state = VALUE;
  let isConstructorValue = false;
  let at = from;
  for (;;) {
    let byte = bytes[at] as number;
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at] as number;

    if (state === AFTER_VALUE) {
      if (depth === 0) return at >= bytes.length ? undefined : unexpected(bytes, at, 'the end of the text');
      if (byte === 0x2c) {
        at++;
        state = container === ARRAY ? VALUE : KEY;
        isConstructorValue = false;
      } else if (byte === (container === ARRAY ? 0x5d : 0x7d)) {
        at++;
        container = stack[--depth] as number;
      } else {
        return unexpected(bytes, at, container === ARRAY ? '"," or "]"' : '"," or "}"');
      }
      continue;
    }

    if (state === KEY || state === KEY_OR_END) {
      if (byte === 0x22) {
        const start = at;
        let hasEscape = false;
        for (;;) {
          byte = bytes[++at] as number;
          while (endsPlain[byte] === 0) byte = bytes[++at] as number;
          if (byte === 0x22) break;
          if (byte !== 0x5c) return badString(bytes, at);
          hasEscape = true;
          const next = skipEscape(bytes, at);
          if (next < 0) return badEscape(bytes, -next);
          at = next;
        }
        at++;
        // Of the plain keys only those that start and measure like a forbidden one are looked at; an escape may hide any.
        const first = bytes[start + 1];
        const length = at - start - 2;
        isConstructorValue = false;
        if (hasEscape || ((first === 0x5f || first === 0x70) && length === 9) || (first === 0x63 && length === 11)) {
          const key = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, at - start).toString()) as string;
          if (key === '__proto__') return { kind: 'forbidden_key', at: start, key };
          if (key === 'prototype' && container === CONSTRUCTOR_OBJECT) return { kind: 'forbidden_key', at: start, key: 'constructor.prototype' };
          isConstructorValue = key === 'constructor';
        }
        byte = bytes[at] as number;
        while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at] as number;
        if (byte !== 0x3a) return unexpected(bytes, at, '":"');
        at++;
        state = VALUE;
      } else if (byte === 0x7d && state === KEY_OR_END) {
        at++;
        container = stack[--depth] as number;
        state = AFTER_VALUE;
      } else {
        return unexpected(bytes, at, state === KEY ? 'a key in double quotes' : 'a key in double quotes or "}"');
      }
      continue;
    }

    if (byte === 0x5d && state === VALUE_OR_END) {
      at++;
      container = stack[--depth] as number;
      state = AFTER_VALUE;
      continue;
    }
    if (++nodes > maxNodes) return { kind: 'too_complex', at };
    state = AFTER_VALUE;
    if (byte === 0x22) {
      for (;;) {
        byte = bytes[++at] as number;
        while (endsPlain[byte] === 0) byte = bytes[++at] as number;
        if (byte === 0x22) break;
        if (byte !== 0x5c) return badString(bytes, at);
        const next = skipEscape(bytes, at);
        if (next < 0) return badEscape(bytes, -next);
        at = next;
      }
      at++;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (depth === maxDepth) return { kind: 'too_deep', at };
      stack[depth++] = container;
      container = byte === 0x5b ? ARRAY : isConstructorValue ? CONSTRUCTOR_OBJECT : OBJECT;
      isConstructorValue = false;
      state = byte === 0x5b ? VALUE_OR_END : KEY_OR_END;
      at++;
    } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      if (byte === 0x2d) byte = bytes[++at] as number;
      if (byte === 0x30) byte = bytes[++at] as number;
      else if (!(byte >= 0x31 && byte <= 0x39)) return unexpected(bytes, at, 'a digit');
      else while (byte >= 0x30 && byte <= 0x39) byte = bytes[++at] as number;
      if (byte === 0x2e) {
        byte = bytes[++at] as number;
        if (!(byte >= 0x30 && byte <= 0x39)) return unexpected(bytes, at, 'a digit');
        while (byte >= 0x30 && byte <= 0x39) byte = bytes[++at] as number;
      }
      if (byte === 0x65 || byte === 0x45) {
        byte = bytes[++at] as number;
        if (byte === 0x2b || byte === 0x2d) byte = bytes[++at] as number;
        if (!(byte >= 0x30 && byte <= 0x39)) return unexpected(bytes, at, 'a digit');
        while (byte >= 0x30 && byte <= 0x39) byte = bytes[++at] as number;
      }
    } else {
      const literal = byte === 0x74 ? 'true' : byte === 0x66 ? 'false' : byte === 0x6e ? 'null' : undefined;
      if (literal === undefined) return unexpected(bytes, at, 'a value');
      for (let i = 1; i < literal.length; i++) {
        if (bytes[at + i] !== literal.charCodeAt(i)) return unexpected(bytes, at + i, literal);
      }
      at += literal.length;
    }
  }
}

/** Position of the last byte of the escape that starts at `at`; negated position of the first wrong byte otherwise. */
function skipEscape(bytes: Uint8Array, at: number): number {
  switch (bytes[at + 1]) {
    case 0x22: case 0x5c: case 0x2f: case 0x62: case 0x66: case 0x6e: case 0x72: case 0x74:
      return at + 1;
    case 0x75:
      for (let digit = at + 2; digit < at + 6; digit++) if (!isHexDigit(bytes[digit])) return -digit;
      return at + 5;
    default:
      return -(at + 1);
  }
}

function isHexDigit(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66));
}

function badEscape(bytes: Uint8Array, at: number): JsonFinding {
  return unexpected(bytes, at, bytes[at - 1] === 0x5c ? 'one of "\\/bfnrtu after a backslash' : 'four hexadecimal digits after \\u');
}

function badString(bytes: Uint8Array, at: number): JsonFinding {
  if (at >= bytes.length) return unexpected(bytes, at, 'the closing quote of a string');
  return { kind: 'invalid', at, message: 'a control character in a string must be escaped' };
}

function unexpected(bytes: Uint8Array, at: number, expected: string): JsonFinding {
  const byte = bytes[at];
  const isPrintable = byte !== undefined && byte > 0x20 && byte < 0x7f;
  const found = byte === undefined ? 'the text ends' : isPrintable ? `found ${JSON.stringify(String.fromCharCode(byte))}` : 'found something else';
  return { kind: 'invalid', at: Math.min(at, bytes.length), message: `expected ${expected}, but ${found}` };
}
