import type { OptionOrigin } from '../contract/config.js';
import { intendedBranch } from '../options/apply-defaults.js';
import { escapePointer } from '../options/option-problems.js';
import { isPlainObject, setOwn } from '../options/plain-data.js';
import { secretWord } from './secret-word.js';

type Schema = Readonly<Record<string, unknown>>;

export interface ShownOptions {
  readonly options: unknown;
  /** By JSON pointer, for every value that holds no others. */
  readonly origins: Readonly<Record<string, OptionOrigin>>;
}

export interface OptionSource {
  readonly schema: Schema;
  /** What was given for them; where that has nothing, a default counts. */
  readonly given: unknown;
  readonly from: 'file' | 'code';
  /** What stands in the file where a variable was put in, by pointer from the options. */
  readonly writtenAt: (pointer: string) => string | undefined;
  /** The schema and effective options of an adapter that options choose. Undefined: as given. */
  readonly adapter?: (choice: { readonly class: string; readonly config?: unknown }) => { readonly schema: Schema; readonly options: unknown } | undefined;
}

export const secretMark = '[secret]';

const userInformation = /(\/\/)[^/?#@\s]*@/g;
const parameter = /([?&])([^=&#?\s]*)=([^&#\s]*)/g;
const longest = 4_096;

/** Options as they may be shown to whoever may look at the engine: values of variables and secrets never, everything else with its origin. */
export function shownOptions(options: unknown, source: OptionSource): ShownOptions {
  const origins: Record<string, OptionOrigin> = {};

  function show(value: unknown, schemas: readonly Schema[], given: unknown, at: { readonly pointer: string; readonly isSecret: boolean }): unknown {
    const { pointer } = at;
    const isSecret = at.isSecret || schemas.some((schema) => schema['secret'] === true);
    const written = source.writtenAt(pointer);
    if (written !== undefined) {
      origins[pointer] = 'environment';
      return isSecret ? written.replace(/\$\{([^}:]+)(?::[^}]*)?\}/g, '${$1}') : plainText(written);
    }
    if (Array.isArray(value)) return value.map((item, index) => show(item, itemSchemas(schemas, index), memberOf(given, index), { pointer: `${pointer}/${index}`, isSecret }));
    if (isPlainObject(value)) return showMembers(value, schemas, given, { pointer, isSecret });
    origins[pointer] = given === undefined ? 'default' : source.from;
    if (typeof value === 'string') return isSecret && value !== '' ? secretMark : plainText(value);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return isSecret && typeof value === 'number' ? secretMark : value;
    return `[${typeof value === 'object' ? (value?.constructor.name ?? 'object') : typeof value}]`;
  }

  function showMembers(value: Readonly<Record<string, unknown>>, schemas: readonly Schema[], given: unknown, { pointer, isSecret }: { readonly pointer: string; readonly isSecret: boolean }): unknown {
    const shown: Record<string, unknown> = {};
    const adapter = typeof value['class'] === 'string' && pointer.endsWith('/adapter') ? source.adapter?.(value as { class: string; config?: unknown }) : undefined;
    for (const key of Object.keys(adapter === undefined ? value : { ...value, config: undefined })) {
      const [member, memberSchemas] = adapter !== undefined && key === 'config' ? [adapter.options, [adapter.schema]] : [value[key], schemasOf(schemas, key, value)];
      setOwn(shown, key, show(member, memberSchemas, memberOf(given, key), { pointer: `${pointer}/${escapePointer(key)}`, isSecret: isSecret || (secretWord.test(key) && typeof member === 'string') }));
    }
    return shown;
  }

  return { options: show(options, [source.schema], source.given, { pointer: '', isSecret: false }), origins };
}

function plainText(text: string): string {
  const clean = text.replace(userInformation, `$1${secretMark}@`).replace(parameter, (whole, sign: string, name: string) => (secretWord.test(name) ? `${sign}${name}=${secretMark}` : whole));
  return clean.length > longest ? `${clean.slice(0, longest)}… (${clean.length} characters)` : clean;
}

function memberOf(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return value[key as number] as unknown;
  return isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function schemasOf(schemas: readonly Schema[], key: string, value: unknown): readonly Schema[] {
  return schemas.flatMap((schema) => [
    ...asSchemas((schema['properties'] as Schema | undefined)?.[key]),
    ...(Object.hasOwn((schema['properties'] as object | undefined) ?? {}, key) ? [] : [...asSchemas(schema['additionalProperties']), ...asSchemas(Object.values((schema['patternProperties'] as object | undefined) ?? {}))]),
    ...schemasOf([...asSchemas(schema['allOf']), ...branchesOf(schema, value)], key, value),
  ]);
}

function itemSchemas(schemas: readonly Schema[], index: number): readonly Schema[] {
  return schemas.flatMap((schema) => {
    const items = schema['items'];
    const own = Array.isArray(items) ? asSchemas(items[index]) : asSchemas(items);
    return [...own, ...itemSchemas([...asSchemas(schema['allOf']), ...asSchemas(schema['anyOf']), ...asSchemas(schema['oneOf'])], index)];
  });
}

/** Where it cannot be told for which branch a value is written, all of them count: better one mask too many. */
function branchesOf(schema: Schema, value: unknown): readonly Schema[] {
  const branches = [...asSchemas(schema['anyOf']), ...asSchemas(schema['oneOf'])];
  const intended = intendedBranch(branches, value);
  return intended === undefined ? branches : [intended];
}

function asSchemas(value: unknown): readonly Schema[] {
  return (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isPlainObject);
}
