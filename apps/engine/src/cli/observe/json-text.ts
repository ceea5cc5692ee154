const acted = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON that a terminal shows as it is: JSON itself escapes the characters below a space, this the control characters above and the marks that turn text around. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(acted, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What a command prints with `--json`. */
export function jsonOutput(value: unknown): string {
  return `${jsonText(value, 2)}\n`;
}
