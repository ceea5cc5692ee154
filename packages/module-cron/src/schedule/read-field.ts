import { valueOf, type FieldRule } from './field-rules.js';

/** A field in its normal form, or what is wrong with it and what was probably meant. */
export type FieldReading = { readonly text: string } | FieldFault;
/** Why a field cannot be used. */
export interface FieldFault {
  readonly reason: string;
  /** The nearest field that can. */
  readonly nearest: string;
  /** It asks for the weekday nearest to a date, which is not part of our grammar. */
  readonly isNearestWeekday?: true;
}

/** Reads one field: lists of `*`, values, ranges and steps; `?` means `*`, names are of three letters in any case. */
export function readField(rule: FieldRule, given: string): FieldReading {
  const items = given.toUpperCase().split(',').map((item) => readItem(rule, item));
  const fault = items.find((item): item is FieldFault => 'reason' in item);
  const texts = items.map((item) => ('reason' in item ? item.nearest : item.text)).filter((text) => text !== '');
  const joined = texts.includes('*') || texts.length === 0 ? '*' : texts.join(',');
  if (fault !== undefined) return { ...fault, nearest: joined };
  if (items.length > 1 && joined.includes('#')) {
    return { reason: `"#" stands alone in the field ${rule.name}, without a list`, nearest: texts.find((text) => text.includes('#')) ?? joined };
  }
  return { text: joined };
}

function readItem(rule: FieldRule, item: string): FieldReading {
  if (item === '') return { reason: `the field ${rule.name} holds an empty place in a list`, nearest: '' };
  const special = readSpecial(rule, item);
  if (special !== undefined) return special;
  const [base = '', step, ...more] = item.split('/');
  if (more.length > 0) return { reason: `${rule.name} "${item}" has more than one step`, nearest: `${base}/${step ?? '1'}` };
  const range = readRange(rule, base);
  if (step === undefined) return 'reason' in range ? range : { text: range.text };
  const stepFault = faultOfStep(rule, item, step);
  const nearestBase = 'reason' in range ? range.nearest : range.text;
  if (stepFault !== undefined) return { reason: stepFault, nearest: nearestBase };
  if ('reason' in range) return { reason: range.reason, nearest: `${nearestBase}/${step}` };
  return { text: `${range.text}/${String(Number(step))}` };
}

/** `L`, `5L`, `MON#2` and `15W`; undefined for what is none of them. */
function readSpecial(rule: FieldRule, item: string): FieldReading | undefined {
  if (rule.name === 'day of month' && /^(?:\d{1,2}W|LW|WL|W)$/.test(item)) {
    return { reason: `day of month "${item}" asks for the nearest weekday, which is not supported`, nearest: item.replace('W', '') || '*', isNearestWeekday: true };
  }
  if (item.includes('#')) return readNth(rule, item);
  if (!/^\d*L(?:-\d+)?$|^[A-Z]{3}L$/.test(item) || rule.names.includes(item)) return undefined;
  if (rule.last === 'alone') {
    return item === 'L' ? { text: 'L' } : { reason: `day of month "${item}" is not "L", the last day of the month`, nearest: 'L' };
  }
  const day = rule.last === undefined ? undefined : valueOf(rule, item.slice(0, -1));
  if (day !== undefined && day <= rule.max) return { text: `${String(day % 7)}L` };
  if (rule.last === undefined) return { reason: `"L" has no meaning in the field ${rule.name}`, nearest: '*' };
  return { reason: `day of week "${item}" is not a weekday followed by "L", such as 5L or FRIL`, nearest: item === 'L' ? '6' : '*' };
}

function readNth(rule: FieldRule, item: string): FieldReading {
  if (rule.hasNth !== true) return { reason: `"#" has no meaning in the field ${rule.name}`, nearest: '*' };
  const [word = '', nth = ''] = item.split('#');
  const day = valueOf(rule, word);
  if (day !== undefined && day <= rule.max && /^[1-5]$/.test(nth)) return { text: `${String(day % 7)}#${nth}` };
  return { reason: `day of week "${item}" is not a weekday, "#" and a number from 1 to 5, such as MON#1`, nearest: day === undefined || day > rule.max ? '*' : String(day % 7) };
}

function readRange(rule: FieldRule, base: string): FieldReading {
  if (base === '*' || base === '?') return { text: '*' };
  const words = base.split('-');
  if (words.length > 2) return { reason: `${rule.name} "${base}" is not a range of two values`, nearest: words.slice(0, 2).join('-') };
  const values = words.map((word) => readValue(rule, word));
  const fault = values.find((value): value is FieldFault => 'reason' in value);
  const texts = values.map((value) => ('reason' in value ? value.nearest : value.text));
  if (fault !== undefined) return { ...fault, nearest: texts.includes('*') ? '*' : texts.join('-') };
  const [from = '', to] = texts;
  if (to === undefined) return { text: from };
  const low = valueOf(rule, from) ?? rule.min;
  const high = valueOf(rule, to) ?? rule.max;
  if (low <= high) return { text: `${from}-${to}` };
  // A week that ends on Sunday: cron-parser wants the 7 for it.
  if (rule.name === 'day of week' && high === 0) return { text: low === 7 ? '0' : `${String(low)}-7` };
  const start = String(rule.name === 'day of week' ? 0 : rule.min);
  const end = String(rule.name === 'day of week' ? 6 : rule.max);
  return { reason: `the range ${base} of ${rule.name} runs backwards`, nearest: rule.name === 'year' ? `${to}-${from}` : `${from}-${end},${start}-${to}` };
}

function readValue(rule: FieldRule, word: string): FieldReading {
  const value = valueOf(rule, word);
  const allowed = `${String(rule.min)}-${String(rule.max)}`;
  if (value === undefined) {
    const [first = '', last = ''] = [rule.names[0], rule.names.at(-1)];
    const named = rule.names.length === 0 ? '' : ` or ${first} to ${last}`;
    return { reason: `"${word}" is no value of the field ${rule.name} (${allowed}${named})`, nearest: nearestName(rule, word) };
  }
  if (value >= rule.min && value <= rule.max) return { text: /^\d+$/.test(word) ? String(value) : word };
  const nearest = rule.isCyclic === true && value === rule.max + 1 ? rule.min : Math.min(Math.max(value, rule.min), rule.max);
  return { reason: `${rule.name} ${word} is outside ${allowed}`, nearest: String(nearest) };
}

/** `MONDAY`, `Sept` and `TEU` name what they resemble; anything else becomes `*`. */
function nearestName(rule: FieldRule, word: string): string {
  const digits = /^\d+/.exec(word)?.[0];
  if (digits !== undefined && Number(digits) >= rule.min && Number(digits) <= rule.max) return String(Number(digits));
  const start = word.slice(0, 3);
  if (rule.names.includes(start)) return start;
  const letters = [...start].sort().join('');
  return rule.names.find((name) => [...name].sort().join('') === letters) ?? rule.names.find((name) => name.startsWith(start.slice(0, 2)) && start.length > 1) ?? '*';
}

function faultOfStep(rule: FieldRule, item: string, step: string): string | undefined {
  const span = rule.max - rule.min;
  if (!/^\d{1,6}$/.test(step)) return `the step of ${rule.name} "${item}" is not a number`;
  if (Number(step) < 1) return `the step of ${rule.name} "${item}" is not at least 1`;
  if (Number(step) > span) return `the step of ${rule.name} "${item}" is larger than the field (${String(rule.min)}-${String(rule.max)})`;
  return undefined;
}
