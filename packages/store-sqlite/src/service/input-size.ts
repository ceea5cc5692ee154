/** What a value takes beside its content. */
const bytesPerValue = 32;
/** Values looked at; a larger input is reckoned from these. */
const lookedAtValues = 2_000;
/** What is deeper counts as one value. */
const deepest = 32;

/** About how many bytes an input holds. Cheap rather than exact: it bounds what waits. */
export function sizeOfInput(input: unknown): number {
  const look: Look = { left: lookedAtValues, unseen: 0 };
  const bytes = sizeOf(input, look, 0);
  return look.unseen === 0 ? bytes : Math.ceil((bytes / lookedAtValues) * (lookedAtValues + look.unseen));
}

interface Look {
  left: number;
  unseen: number;
}

function sizeOf(value: unknown, look: Look, depth: number): number {
  if (typeof value === 'string') return bytesPerValue + value.length;
  if (typeof value !== 'object' || value === null || depth > deepest) return bytesPerValue;
  if (ArrayBuffer.isView(value)) return bytesPerValue + value.byteLength;
  let bytes = bytesPerValue;
  if (Array.isArray(value)) {
    const list = value as readonly unknown[];
    for (let at = 0; at < list.length; at += 1) {
      if (look.left <= 0) {
        look.unseen += list.length - at;
        break;
      }
      look.left -= 1;
      bytes += sizeOf(list[at], look, depth + 1);
    }
    return bytes;
  }
  for (const key in value) {
    if (look.left <= 0) look.unseen += 1;
    else {
      look.left -= 1;
      bytes += sizeOf((value as Readonly<Record<string, unknown>>)[key], look, depth + 1);
    }
  }
  return bytes;
}
