import type { ErrorObject } from 'ajv';
import type { OptionProblem } from '../contract/options.js';
import { intendedBranch } from './apply-defaults.js';
import { nearestNames } from './nearest.js';
import { isPlainObject } from './plain-data.js';

type Schema = Readonly<Record<string, unknown>>;

/**
 * Ajv's errors as problems a reader can act on, in the order of the document. A value is never quoted: it may come from
 * an environment variable that holds a secret.
 */
export function toOptionProblems(errors: readonly ErrorObject[]): readonly OptionProblem[] {
  const problems = withoutRejectedBranches(errors).map(toProblem);
  const seen = new Set<string>();
  return problems.filter(({ pointer, problem }) => {
    const key = `${pointer}\n${problem}`;
    return seen.has(key) ? false : Boolean(seen.add(key));
  });
}

/** A union gives one error per branch. Keep those of the branch the value was written for, else only the union's own. */
function withoutRejectedBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let kept = errors;
  for (const union of errors) {
    if (union.keyword !== 'anyOf' && union.keyword !== 'oneOf') continue;
    const branches = Array.isArray(union.schema) ? (union.schema as Schema[]) : [];
    const intended = intendedBranch(branches, union.data);
    const chosen = intended === undefined ? undefined : `${union.schemaPath}/${branches.indexOf(intended)}/`;
    const ofChosen = chosen === undefined ? [] : kept.filter((error) => error.schemaPath.startsWith(chosen));
    kept = kept.filter((error) => {
      if (error === union) return ofChosen.length === 0;
      return ofChosen.includes(error) || !error.schemaPath.startsWith(`${union.schemaPath}/`) || !error.instancePath.startsWith(union.instancePath);
    });
  }
  return kept;
}

function toProblem(error: ErrorObject): OptionProblem {
  const params = error.params as Record<string, unknown>;
  const parent = (error.parentSchema ?? {}) as Schema;
  switch (error.keyword) {
    case 'additionalProperties': return unknownKey(error, String(params['additionalProperty']), parent);
    case 'required': return { pointer: `${error.instancePath}/${escapePointer(String(params['missingProperty']))}`, problem: 'is required' };
    case 'enum': return oneOf(error, error.schema as unknown[]);
    case 'const': return oneOf(error, [error.schema]);
    case 'anyOf': case 'oneOf': return unionProblem(error);
    case 'type': return { pointer: error.instancePath, problem: typeProblem(error) };
    default: return { pointer: error.instancePath, problem: hintOf(parent) ?? limitProblem(error, parent) };
  }
}

function unknownKey(error: ErrorObject, key: string, parent: Schema): OptionProblem {
  const known = isPlainObject(parent['properties']) ? Object.keys(parent['properties']) : [];
  const problem = known.length === 0 ? 'unknown key; none is accepted here' : 'unknown key';
  return withSuggestion({ pointer: `${error.instancePath}/${escapePointer(key)}`, problem }, nearestNames(key, known)[0]);
}

function oneOf(error: ErrorObject, allowed: readonly unknown[]): OptionProblem {
  const names = allowed.map((value) => JSON.stringify(value)).join(', ');
  const strings = allowed.filter((value): value is string => typeof value === 'string');
  const suggestion = typeof error.data === 'string' ? nearestNames(error.data, strings)[0] : undefined;
  return withSuggestion({ pointer: error.instancePath, problem: allowed.length === 1 ? `must be ${names}` : `must be one of ${names}` }, suggestion);
}

function unionProblem(error: ErrorObject): OptionProblem {
  const branches = Array.isArray(error.schema) ? (error.schema as Schema[]) : [];
  if (branches.length > 0 && branches.every((branch) => 'const' in branch)) return oneOf(error, branches.map((branch) => branch['const']));
  const accepted = branches.map((branch) => ('const' in branch ? JSON.stringify(branch['const']) : typeName(String(branch['type'] ?? 'value'))));
  return { pointer: error.instancePath, problem: hintOf((error.parentSchema ?? {})) ?? `must be ${[...new Set(accepted)].join(' or ')}` };
}

function typeProblem(error: ErrorObject): string {
  const wanted = [error.schema].flat().map(String);
  const quoted = typeof error.data === 'string' && error.data.trim() !== '' && Number.isFinite(Number(error.data));
  const fix = quoted && wanted.some((type) => type === 'integer' || type === 'number') ? ' (remove the quotes)' : '';
  return `must be ${wanted.map(typeName).join(' or ')}, got ${kindOf(error.data)}${fix}`;
}

function limitProblem(error: ErrorObject, parent: Schema): string {
  const limit = `${String((error.params as Record<string, unknown>)['limit'] ?? '')}`;
  const measured = `${limit}${unitOf(error, parent)}`;
  switch (error.keyword) {
    case 'minimum': return `must be at least ${measured}`;
    case 'maximum': return `must be at most ${measured}`;
    case 'exclusiveMinimum': return `must be more than ${measured}`;
    case 'exclusiveMaximum': return `must be less than ${measured}`;
    case 'minLength': return limit === '1' ? 'must not be empty' : `must have at least ${limit} characters`;
    case 'maxLength': return `must have at most ${limit} characters`;
    case 'minItems': return limit === '1' ? 'must not be an empty list' : `must have at least ${limit} entries`;
    case 'maxItems': return `must have at most ${limit} entries`;
    case 'minProperties': return `must have at least ${limit} keys`;
    case 'maxProperties': return `must have at most ${limit} keys`;
    case 'uniqueItems': return 'must not repeat an entry';
    case 'pattern': return `must match ${String(error.schema)}`;
    default: return error.message ?? 'is not valid';
  }
}

/** A schema may say in words what it accepts: `{ pattern: '…', hint: 'must be an id such as …' }`. */
function hintOf(schema: Schema): string | undefined {
  return typeof schema['hint'] === 'string' ? schema['hint'] : undefined;
}

/** The `unit` of the schema, else what the key's name says. */
function unitOf(error: ErrorObject, schema: Schema): string {
  if (typeof schema['unit'] === 'string') return ` ${schema['unit']}`;
  const key = error.instancePath.slice(error.instancePath.lastIndexOf('/') + 1);
  if (/(?:_ms|Ms)$/.test(key)) return ' ms';
  if (/(?:_bytes|Bytes)$/.test(key)) return ' bytes';
  if (/(?:_seconds|Seconds)$/.test(key)) return ' seconds';
  return '';
}

function typeName(type: string): string {
  switch (type) {
    case 'integer': return 'a whole number';
    case 'number': return 'a number';
    case 'string': return 'text';
    case 'boolean': return 'true or false';
    case 'object': return 'a map of keys';
    case 'array': return 'a list';
    case 'null': return 'null';
    default: return 'a value';
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a fraction';
  return typeof value === 'object' ? 'a map of keys' : typeName(typeof value);
}

function withSuggestion(problem: OptionProblem, suggestion: string | undefined): OptionProblem {
  return suggestion === undefined ? problem : { ...problem, suggestion };
}

/** One reference token of a JSON pointer (RFC 6901). */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
