/** Pieces of TypeScript, as text. */
export const unknownType = 'unknown';
const widest = 100;

/** A string literal, whatever is in it. */
export function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

/** A member name: quoted where it is no identifier. */
export function memberName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

/** The type of one JSON value; `unknown` for what JSON has not. */
export function literalType(value: unknown, depth = 0): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(Object.is(value, -0) ? 0 : value) : unknownType;
  if (typeof value !== 'object' || depth > 20) return unknownType;
  if (Array.isArray(value)) return `[${value.map((item: unknown) => literalType(item, depth + 1)).join(', ')}]`;
  return objectType(Object.entries(value).map(([name, member]) => `${memberName(name)}: ${literalType(member, depth + 1)}`));
}

/** Members on one line where they fit, else each on its own. */
export function objectType(members: readonly string[]): string {
  if (members.length === 0) return '{}';
  const line = `{ ${members.join('; ')} }`;
  if (line.length <= widest && !line.includes('\n')) return line;
  return `{\n${members.map((member) => `  ${indented(member)};\n`).join('')}}`;
}

/** Every line but the first two columns to the right. */
export function indented(text: string): string {
  return text.replaceAll('\n', '\n  ');
}

/** One of the types: `never` for none, `unknown` where one of them is. */
export function unionOf(types: readonly string[]): string {
  if (types.includes(unknownType)) return unknownType;
  const different = [...new Set(types)].filter((type) => type !== 'never');
  return different.length === 0 ? 'never' : different.length === 1 ? (different[0] ?? 'never') : different.join(' | ');
}

/** All of the types together. */
export function intersectionOf(types: readonly string[]): string {
  const different = [...new Set(types)].filter((type) => type !== unknownType);
  return different.length === 0 ? unknownType : different.length === 1 ? (different[0] ?? unknownType) : different.map((type) => grouped(type)).join(' & ');
}

/** In parentheses where what follows would bind to a part of it only. */
export function grouped(type: string): string {
  return isCompound(type) ? `(${type})` : type;
}

/** A union or an intersection at the outermost level. */
function isCompound(type: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < type.length; at += 1) {
    const char = type.charAt(at);
    if (isText) {
      if (char === '\\') at += 1;
      else if (char === "'") isText = false;
    } else if (char === "'") isText = true;
    else if ('{[('.includes(char)) depth += 1;
    else if ('}])'.includes(char)) depth -= 1;
    else if (depth === 0 && (char === '|' || char === '&')) return true;
  }
  return false;
}
