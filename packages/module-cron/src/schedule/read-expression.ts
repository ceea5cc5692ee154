import { fieldRules, type FieldName } from './field-rules.js';
import { expressionOfWords, nicknames } from './phrases.js';
import { readField } from './read-field.js';

/** An expression whose seven fields are each valid. */
export interface ReadExpression {
  /** second, minute, hour, day of month, month, day of week, year. */
  readonly fields: readonly string[];
  /** The seven fields, joined by spaces. */
  readonly text: string;
  /** What the text left to us: the year with six fields, also the seconds with five. */
  readonly assumed: 'nothing' | 'year' | 'seconds and year';
}
/** Why an expression cannot be used. */
export interface ExpressionFault {
  readonly reason: string;
  readonly field?: FieldName;
  /** Seven fields that were probably meant. Undefined when nothing is near. */
  readonly nearest?: string;
  readonly isNearestWeekday?: true;
}

/** Longer texts are not schedules. */
const longest = 1024;

/** Reads five, six or seven fields, or a nickname such as `@daily`. */
export function readExpression(given: string): ReadExpression | ExpressionFault {
  const text = given.trim();
  if (text.length > longest) return { reason: `it is longer than ${String(longest)} characters` };
  const nickname = nicknames.get(text.toLowerCase());
  const words = (nickname ?? text).split(/\s+/).filter((word) => word !== '');
  if (words.length < 5 || words.length > 7) return faultOfCount(text, words);
  const assumed = words.length === 7 ? 'nothing' : words.length === 6 ? 'year' : 'seconds and year';
  const seven = [...(words.length === 5 ? ['0'] : []), ...words, ...(words.length < 7 ? ['*'] : [])];
  const readings = fieldRules.map((rule, index) => ({ rule, reading: readField(rule, seven[index] ?? '') }));
  const fields = readings.map(({ reading }) => ('reason' in reading ? reading.nearest : reading.text));
  for (const { rule, reading } of readings) {
    if (!('reason' in reading)) continue;
    // Words that happen to be five to seven are no list of fields.
    const meant = expressionOfWords(text) ?? fields.join(' ');
    return { reason: reading.reason, field: rule.name, nearest: meant, ...(reading.isNearestWeekday === undefined ? {} : { isNearestWeekday: true }) };
  }
  return { fields, text: fields.join(' '), assumed };
}

function faultOfCount(text: string, words: readonly string[]): ExpressionFault {
  if (words.length === 0) return { reason: 'it is empty', nearest: '0 0 0 * * * *' };
  const reason = `it has ${String(words.length)} field${words.length === 1 ? '' : 's'}; seven are wanted (second minute hour day-of-month month day-of-week year), six and five are accepted`;
  const spoken = expressionOfWords(text);
  if (spoken !== undefined) return { reason, nearest: spoken };
  const looksLikeFields = words.every((word) => /[\d*?]|^[a-z]{3}$/i.test(word));
  if (!looksLikeFields) return { reason };
  const seven = words.length > 7 ? words.slice(0, 7) : ['0', ...words, ...Array.from({ length: 6 - words.length }, () => '*')];
  return { reason, nearest: fieldRules.map((rule, index) => readField(rule, seven[index] ?? '*')).map((reading) => ('reason' in reading ? reading.nearest : reading.text)).join(' ') };
}
