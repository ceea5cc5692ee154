/** W3C baggage: `key=value;property,key2=value2`, values percent-encoded. What is malformed is passed over. */
export function parseBaggage(text: string | undefined): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const member of (text ?? '').split(',')) {
    const [pair = ''] = member.split(';');
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(0, equals)).trim();
    if (!isBaggageKey(key)) continue;
    const value = pair.slice(equals + 1).trim();
    try {
      entries.set(key, decodeURIComponent(value));
    } catch {
      entries.set(key, value);
    }
  }
  return entries;
}

export function writeBaggage(entries: ReadonlyMap<string, string>): string | undefined {
  return entries.size === 0 ? undefined : [...entries].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join(',');
}

/** A token as HTTP defines it. */
export function isBaggageKey(key: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(key);
}
