/** Eight hexadecimal digits as a signed word. */
export function hexWord(text: string, at: number): number {
  let value = 0;
  for (let index = at; index < at + 8; index += 1) {
    const code = text.charCodeAt(index);
    value = (value << 4) | (code < 58 ? code - 48 : (code | 32) - 87);
  }
  return value;
}
