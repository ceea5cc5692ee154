// eslint-disable-next-line no-control-regex -- control characters are what this is about
const control = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

/**
 * Makes control characters visible (`\u001b[31m`), so that stored output can neither move the cursor of a terminal
 * that shows it later nor forge another line. Tabs stay.
 */
export function visibleText(text: string): string {
  return text.replace(control, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
