import { valueOf, type FieldRule } from './field-rules.js';

/**
 * A field as cron-parser takes it: every value once, in order, where a list or a step could name one twice, which it
 * refuses. What stands for no plain value (`L`, `5L`, `1#2`) is kept, `*` too.
 */
export function expandField(rule: FieldRule, text: string): string {
  if (text === '*') return '*';
  const values = new Set<number>();
  const specials = new Set<string>();
  for (const item of text.split(',')) {
    if (/[L#]/.test(item) && !rule.names.includes(item)) specials.add(item);
    else for (const value of valuesOf(rule, item)) values.add(rule.name === 'day of week' ? value % 7 : value);
  }
  return [...[...values].sort((a, b) => a - b).map(String), ...specials].join(',');
}

function valuesOf(rule: FieldRule, item: string): readonly number[] {
  const [base = '*', stepText] = item.split('/');
  const step = Number(stepText ?? '1');
  // Sunday is 0 and 7; a step over the whole week meets it once.
  const max = rule.name === 'day of week' ? 6 : rule.max;
  const [from, to] = base === '*' ? [rule.min, max] : base.split('-').map((word) => valueOf(rule, word) ?? rule.min);
  const low = from ?? rule.min;
  const high = to ?? (stepText === undefined ? low : Math.max(low, max));
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => low + index * step);
}
