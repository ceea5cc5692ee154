/** Characters of the longest name of a stream, a group or an item. */
export const longestName = 256;

// eslint-disable-next-line no-control-regex -- these are what it is about
const controls = /[\u0000-\u001F\u007F]/;
const loneSurrogate = /\p{Surrogate}/u;

/** What is wrong with the name of a stream, a group or an item, to follow "it …"; undefined when nothing is. */
export function nameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return name === undefined || name === null ? 'is missing' : 'is not a text';
  if (name === '') return 'is empty';
  if (name.length > longestName) return `is longer than ${longestName} characters`;
  if (controls.test(name)) return 'holds control characters';
  return loneSurrogate.test(name) ? 'holds half a character (a lone surrogate)' : undefined;
}
