import type { AttributeValue } from '../record/span-data.js';
import { redactText } from './redact-text.js';
import { redactQuery, redactQueryOf } from './redact-url.js';
import { isHarmless, isNamedByAnother, isSecretName, namesAnother, redacted } from './secret-names.js';

/** What is done with the values under a name. */
export const Verdict = { Keep: 0, Scan: 1, Secret: 2, Query: 3, Path: 4, Naming: 5, Named: 6 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];
const rememberedNames = 10_000;
const longestRemembered = 256;
const deepest = 16;
const listedHeaders = /headers$/i;

/** Names of our own that hold neither secrets nor URLs: not worth a look at their values. */
const plainNames: readonly string[] = [
  'iii.function.id', 'iii.function.kind', 'iii.invocation.id', 'iii.trigger.id', 'iii.trigger.type', 'iii.attempt', 'iii.request.id', 'http.request.method', 'http.route', 'http.response.status_code',
];

/**
 * Takes secrets out of what is recorded, before anything keeps or sends it. Names are judged once and remembered, so
 * that a span costs one look-up per attribute.
 */
export class Redactor {
  readonly #more: ReadonlySet<string>;
  readonly #verdicts = new Map<string, Verdict>();

  /** `more`: further names whose values are secrets. */
  constructor(more: readonly string[] = []) {
    this.#more = new Set(more.map((name) => name.toLowerCase()));
    for (const name of plainNames) if (!isSecretName(name, this.#more)) this.#verdicts.set(name, Verdict.Keep);
  }

  /** How values under a name are treated; remembered by whoever meets many. */
  verdictOf(name: string): Verdict {
    return this.#judge(name);
  }

  /** One value under its name, within `longest` characters. */
  clean(name: string, value: AttributeValue, verdict: Verdict, longest: number): AttributeValue {
    return this.#clean(name, value, verdict, longest);
  }

  /** True when one of the members names a secret that another one holds. */
  namesSecret(members: Readonly<Record<string, unknown>>): boolean {
    return this.#namesSecret(members);
  }

  /** A copy of attributes without secrets, of at most `longest` characters each; lists become texts. */
  attributes(attributes: Readonly<Record<string, AttributeValue>>, longest: number): Readonly<Record<string, string | number | boolean>> {
    const hidesNamed = this.#namesSecret(attributes);
    const copy: Record<string, string | number | boolean> = Object.create(null) as Record<string, string | number | boolean>;
    for (const [name, value] of Object.entries(attributes)) {
      const verdict = this.#judge(name);
      const clean = verdict === Verdict.Named && hidesNamed ? redacted : this.#clean(name, value, verdict, longest);
      copy[name] = typeof clean === 'object' ? cutText(JSON.stringify(clean), longest) : clean;
    }
    return copy;
  }

  /** Free text: messages of logs and errors. */
  text(text: string): string {
    return redactText(text);
  }

  /** A copy of plain JSON data (fields of a log record) without secrets, at every depth. */
  fields(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return redactText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= deepest) return '[deep]';
    if (Array.isArray(value)) return this.#list(value, depth);
    const hidesNamed = this.#namesSecret(value as Readonly<Record<string, unknown>>);
    const copy: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      const verdict = this.#judge(name);
      const isHidden = verdict === Verdict.Secret ? !isHarmless(name, member) : verdict === Verdict.Named && hidesNamed;
      const clean = isHidden && member !== null && member !== undefined ? redacted : this.#member(name, member, verdict, depth);
      // Setting this one name would change what the copy is; defining each takes five times as long.
      if (name === '__proto__') Object.defineProperty(copy, name, { value: clean, enumerable: true, writable: true, configurable: true });
      else copy[name] = clean;
    }
    return copy;
  }

  /** Headers come as lists of pairs, too. */
  #list(value: readonly unknown[], depth: number): unknown {
    const [name, second] = value;
    if (value.length === 2 && typeof name === 'string' && second !== null && this.#judge(name) === Verdict.Secret) return [name, redacted];
    return value.map((item) => this.fields(item, depth + 1));
  }

  /** `rawHeaders` of Node: name, value, name, value … */
  #headers(list: readonly unknown[], depth: number): unknown {
    return list.map((item, index) => {
      const name = index % 2 === 1 ? list[index - 1] : undefined;
      return typeof name === 'string' && typeof item === 'string' && this.#judge(name) === Verdict.Secret ? redacted : this.fields(item, depth + 1);
    });
  }

  #member(name: string, member: unknown, verdict: Verdict, depth: number): unknown {
    if (Array.isArray(member) && listedHeaders.test(name)) return this.#headers(member, depth);
    if (typeof member !== 'string') return this.fields(member, depth + 1);
    if (verdict === Verdict.Query) return redactQuery(member.replace(/^\?/, ''));
    return verdict === Verdict.Path ? redactText(redactQueryOf(member)) : redactText(member);
  }

  #namesSecret(members: Readonly<Record<string, unknown>>): boolean {
    for (const name in members) {
      if (this.#judge(name) !== Verdict.Naming) continue;
      const value = members[name];
      if (typeof value === 'string' && isSecretName(value, this.#more)) return true;
    }
    return false;
  }

  #clean(name: string, value: AttributeValue, verdict: Verdict, longest: number): AttributeValue {
    if (verdict === Verdict.Secret) return isHarmless(name, value) ? value : redacted;
    if (typeof value === 'object') return value.map((item) => this.#clean(name, item, verdict, longest) as string);
    if (typeof value !== 'string') return value;
    const text = cutText(value, longest);
    if (verdict === Verdict.Keep) return text;
    if (verdict === Verdict.Query) return redactQuery(text.replace(/^\?/, ''));
    return redactText(verdict === Verdict.Path ? redactQueryOf(text) : text);
  }

  #judge(name: string): Verdict {
    const known = this.#verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = isSecretName(name, this.#more)
      ? Verdict.Secret
      : /(?:^|\.)query$|query_string$/.test(name)
        ? Verdict.Query
        : /(?:^|[._])(?:url|uri|target|path|href|referer|location)$|^http\.(?:url|target)$|^url\.(?:full|path|original)$/i.test(name)
          ? Verdict.Path
          : namesAnother(name)
            ? Verdict.Naming
            : isNamedByAnother(name)
              ? Verdict.Named
              : Verdict.Scan;
    if (this.#verdicts.size < rememberedNames && name.length <= longestRemembered) this.#verdicts.set(name, verdict);
    return verdict;
  }
}

/** No longer than `longest` characters, and a marker that says how long it was. */
export function cutText(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…[${String(text.length)} characters]`;
}
