/**
 * Characters that a terminal or a log viewer may act on: C0 and C1 controls (escape sequences begin with one), DEL,
 * the line separators of Unicode, and the marks that turn the direction of text around.
 */
// eslint-disable-next-line no-control-regex -- control characters are the subject
const dangerous = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Makes those characters visible as `\u001b`, so that no text can forge a line, a colour or a cursor move. */
export function escapeText(text: string): string {
  return text.replace(dangerous, visible);
}

/** Like `escapeText`, and leaves line breaks and tabs alone. For blocks such as stacks. */
export function escapeBlock(text: string): string {
  return text.replace(dangerous, (character) => (character === '\n' || character === '\t' ? character : visible(character)));
}

function visible(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  if (character === '\r') return '\\r';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
