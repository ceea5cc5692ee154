import { parseUpdateOps, toJsonValue, type CheckedUpdateOp } from '@motia/update-ops';
import { stateErrors } from './errors.js';

export interface Place {
  readonly scope: string;
  readonly key: string;
}

/** Bytes of a scope or a key, in UTF-8. */
export const maxNameBytes = 512;
/** Ten years. */
const longestTtlMs = 315_360_000_000;

type Payload = Readonly<Record<string, unknown>>;

/** The payload of a function. @throws `MOTIA_STATE_INVALID_OPTION` */
export function asPayload(payload: unknown): Payload {
  if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) return payload as Payload;
  throw stateErrors.INVALID_OPTION({ option: 'payload', problem: 'it is not an object' });
}

/** @throws `MOTIA_STATE_INVALID_KEY` */
export function checkPlace(scope: unknown, key: unknown): Place {
  return { scope: checkName('scope', scope), key: checkName('key', key) };
}

/** @throws `MOTIA_STATE_INVALID_KEY` */
export function checkName(what: 'scope' | 'key' | 'prefix', name: unknown): string {
  const invalid = (problem: string): Error => stateErrors.INVALID_KEY({ what, problem });
  if (typeof name !== 'string') throw invalid(name === undefined ? 'it is missing' : 'it is not a text');
  if (name === '' && what !== 'prefix') throw invalid('it is empty');
  if (name.length * 3 > maxNameBytes && Buffer.byteLength(name) > maxNameBytes) throw invalid(`it has more than ${maxNameBytes} bytes`);
  // Half a surrogate pair has no UTF-8: two different keys would become one.
  if (!isWellFormed(name)) throw invalid('it is not well-formed Unicode');
  if (name.includes('\0')) throw invalid('it holds a NUL character');
  return name;
}

export interface CheckedValue {
  readonly json: string;
  /** Pointer of an integer that may have been rounded on its way. */
  readonly unsafeIntegerAt: string | undefined;
}

/** A value as JSON text. @throws `MOTIA_STATE_NOT_SERIALIZABLE`, `MOTIA_STATE_VALUE_TOO_LARGE` */
export function checkValue(place: Place, value: unknown, maxValueBytes: number): CheckedValue {
  const checked = toJsonValue(value);
  if (!checked.ok) throw stateErrors.NOT_SERIALIZABLE({ ...place, pointer: checked.problem.pointer, found: checked.problem.found });
  const json = JSON.stringify(checked.value);
  const bytes = json.length * 3 <= maxValueBytes ? json.length : Buffer.byteLength(json);
  if (bytes > maxValueBytes) throw stateErrors.VALUE_TOO_LARGE({ ...place, bytes, limit: maxValueBytes });
  return { json, unsafeIntegerAt: checked.unsafeIntegerAt };
}

/** @throws `MOTIA_STATE_UPDATE_REFUSED` */
export function checkOps(place: Place, input: unknown): { readonly ops: readonly CheckedUpdateOp[]; readonly unsafeIntegerAt: string | undefined } {
  const parsed = parseUpdateOps(input);
  if (!parsed.ok) {
    const { code, message: reason, opIndex } = parsed.problem;
    throw stateErrors.UPDATE_REFUSED({ ...place, code, ...(opIndex === undefined ? {} : { op_index: opIndex }), reason });
  }
  const { ops, unsafeInteger } = parsed;
  return { ops, unsafeIntegerAt: unsafeInteger === undefined ? undefined : `/${unsafeInteger.opIndex}${unsafeInteger.pointer}` };
}

/** Members that have two names. */
const camelCase = { if_version: 'ifVersion', ttl_ms: 'ttlMs', with_keys: 'withKeys', with_version: 'withVersion' } as const;

/** A member under its name in snake_case or camelCase. */
export function member(payload: Payload, name: keyof typeof camelCase): unknown {
  const snake = payload[name];
  if (snake !== undefined && snake !== null) return snake;
  const camel = payload[camelCase[name]];
  return camel === undefined ? snake : camel;
}

/** A whole number within a range, or undefined when it is left out. @throws `MOTIA_STATE_INVALID_OPTION` */
export function checkInteger(option: string, given: unknown, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'number' && Number.isInteger(given) && given >= min && given <= max) return given;
  throw stateErrors.INVALID_OPTION({ option, problem: `it is not a whole number from ${min} to ${max}` });
}

/** @throws `MOTIA_STATE_INVALID_OPTION` */
export function checkBoolean(option: string, given: unknown): boolean {
  if (given === undefined || given === null) return false;
  if (typeof given === 'boolean') return given;
  throw stateErrors.INVALID_OPTION({ option, problem: 'it is neither true nor false' });
}

/** A text, or undefined when it is left out. @throws `MOTIA_STATE_INVALID_OPTION` */
export function checkText(option: string, given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'string' && isWellFormed(given)) return given;
  throw stateErrors.INVALID_OPTION({ option, problem: 'it is not a text' });
}

/** @throws `MOTIA_STATE_INVALID_OPTION` */
export function checkIfVersion(given: unknown): number | undefined {
  return checkInteger('if_version', given, { min: 0, max: Number.MAX_SAFE_INTEGER });
}

/** Null means: never gone. @throws `MOTIA_STATE_INVALID_OPTION` */
export function checkTtlMs(given: unknown): number | null | undefined {
  return given === null ? null : checkInteger('ttl_ms', given, { min: 1, max: longestTtlMs });
}

function isWellFormed(text: string): boolean {
  // Of ES2024; there since Node 20.
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
