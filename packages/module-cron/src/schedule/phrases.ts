/** Names of schedules that common crons know. */
export const nicknames: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 0 1 1 * *'],
  ['@annually', '0 0 0 1 1 * *'],
  ['@monthly', '0 0 0 1 * * *'],
  ['@weekly', '0 0 0 * * 0 *'],
  ['@daily', '0 0 0 * * * *'],
  ['@midnight', '0 0 0 * * * *'],
  ['@hourly', '0 0 * * * * *'],
]);

const singular: Readonly<Record<string, string>> = { second: '* * * * * * *', minute: '0 * * * * * *', hour: '0 0 * * * * *', day: '0 0 0 * * * *', week: '0 0 0 * * 0 *', month: '0 0 0 1 * * *', year: '0 0 0 1 1 * *' };
const limits: Readonly<Record<string, number>> = { second: 59, minute: 59, hour: 23, day: 30 };
const short: Readonly<Record<string, string>> = { s: 'second', sec: 'second', m: 'minute', min: 'minute', h: 'hour', hr: 'hour', d: 'day' };

/** The expression that words such as `every 5 minutes`, `@every 30s` or `daily` stand for: a suggestion, never a schedule. */
export function expressionOfWords(words: string): string | undefined {
  const text = words.trim().toLowerCase().replace(/^@/, '');
  const adverb = { secondly: 'second', minutely: 'minute', hourly: 'hour', daily: 'day', nightly: 'day', midnight: 'day', weekly: 'week', monthly: 'month', yearly: 'year', annually: 'year' }[text];
  if (adverb !== undefined) return singular[adverb];
  const [, amount, word = ''] = /^(?:every\s*)?(\d{1,3})?\s*([a-z]+)$/.exec(text) ?? [];
  const plain = word.replace(/s$/, '');
  const unit = short[plain === '' ? word : plain] ?? plain;
  if (!(unit in singular)) return undefined;
  const count = Number(amount ?? '1');
  if (count === 1) return singular[unit];
  const limit = limits[unit];
  if (limit === undefined || count < 1 || count > limit) return undefined;
  return { second: `*/${String(count)} * * * * * *`, minute: `0 */${String(count)} * * * * *`, hour: `0 0 */${String(count)} * * * *`, day: `0 0 0 */${String(count)} * * *` }[unit];
}
