/** Characters of a value in a list. */
const previewLength = 120;

/** What a list shows of a value: how large it is, and the beginning of what may be `shown` of it. */
export function previewOf(value: unknown, shown: unknown): { readonly bytes: number; readonly preview: string } {
  const json = JSON.stringify(shown) ?? '';
  return { bytes: Buffer.byteLength(shown === value ? json : (JSON.stringify(value) ?? '')), preview: json.length > previewLength ? `${json.slice(0, previewLength)}…` : json };
}
