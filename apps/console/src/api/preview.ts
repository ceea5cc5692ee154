/** Characters of a value in a list. */
const previewLength = 120;

/** What a list shows of a value: how large it is, and its beginning. */
export function previewOf(value: unknown): { readonly bytes: number; readonly preview: string } {
  const json = JSON.stringify(value) ?? '';
  return { bytes: Buffer.byteLength(json), preview: json.length > previewLength ? `${json.slice(0, previewLength)}…` : json };
}
