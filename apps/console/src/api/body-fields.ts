import { consoleErrors } from '../errors.js';

/** The named members of a body; any other, and a required one that is missing, is refused. @throws `MOTIA_CONSOLE_BODY_INVALID` */
export function bodyFields<K extends string>(body: unknown, allowed: readonly K[], required: readonly K[] = []): Readonly<Partial<Record<K, unknown>>> {
  const fields = body ?? {};
  if (typeof fields !== 'object' || Array.isArray(fields)) throw consoleErrors.BODY_INVALID({ reason: `it is an object of ${allowed.join(', ')}` });
  const problems = [
    ...Object.keys(fields).filter((key) => !(allowed as readonly string[]).includes(key)).map((key) => ({ pointer: `/${key}`, problem: 'is not known' })),
    ...required.filter((key) => (fields as Readonly<Record<string, unknown>>)[key] === undefined).map((key) => ({ pointer: `/${key}`, problem: 'is missing' })),
  ];
  if (problems.length > 0) throw consoleErrors.BODY_INVALID({ reason: `it is an object of ${allowed.join(', ')}`, problems });
  return fields as Readonly<Partial<Record<K, unknown>>>;
}
