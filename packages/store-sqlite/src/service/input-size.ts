/** What a value takes beside its content. */
const bytesPerValue = 32;
/** Values looked at; a larger input is reckoned from these. */
const lookedAtValues = 2_000;

/** About how many bytes an input holds. Cheap rather than exact: it bounds what waits. */
export function sizeOfInput(input: unknown): number {
  let bytes = 0;
  let seen = 0;
  const waiting: unknown[] = [input];
  while (waiting.length > 0 && seen < lookedAtValues) {
    const value = waiting.pop();
    seen += 1;
    bytes += bytesPerValue;
    if (typeof value === 'string') bytes += value.length;
    else if (ArrayBuffer.isView(value)) bytes += value.byteLength;
    else if (Array.isArray(value)) for (const member of value as unknown[]) waiting.push(member);
    else if (typeof value === 'object' && value !== null) for (const key in value) waiting.push((value as Readonly<Record<string, unknown>>)[key]);
  }
  return waiting.length === 0 ? bytes : Math.ceil((bytes / seen) * (seen + waiting.length));
}
