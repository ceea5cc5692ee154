import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsPlugin from 'ajv-formats';
import { restErrors, type InputProblem } from './errors.js';
import type { QueryParams } from './query-string.js';

/** Undefined when the value fits, else what does not. Never changes the value. */
export type SchemaCheck = (value: unknown) => readonly InputProblem[] | undefined;
/** Gives the query with its values coerced to the types of the schema. @throws `MOTIA_REST_VALIDATION_FAILED` */
export type QueryCheck = (query: QueryParams) => Readonly<Record<string, unknown>>;
/** The check for a response of this status, where there is one. */
export type ResponseChecks = (status: number) => SchemaCheck | undefined;

/** Gives the fields of a form with their values coerced to the schema, or what does not fit. */
export type FormCheck = (fields: unknown) => { readonly value: unknown; readonly problems?: undefined } | { readonly problems: readonly InputProblem[]; readonly value?: undefined };

type Schema = Readonly<Record<string, unknown>> | boolean;
type Compiler = 'plain' | 'coercing';

const mostProblems = 50;
const longestPath = 200;
const compilers = new Map<string, Ajv>();

/** Compilers are made on first use: an app without schemas pays nothing. */
function compilerFor(schema: Schema, kind: Compiler): Ajv {
  const dialect = typeof schema === 'object' && /20(?:19-09|20-12)/.test(String(schema['$schema'] ?? '')) ? '2020' : 'draft-07';
  const name = `${dialect} ${kind}`;
  let compiler = compilers.get(name);
  if (compiler === undefined) {
    const options: Options = { allErrors: true, strict: false, validateFormats: true, ...(kind === 'coercing' ? { coerceTypes: 'array', useDefaults: true } : {}) };
    compiler = dialect === '2020' ? new Ajv2020(options) : new Ajv(options);
    formatsPlugin.default(compiler);
    compilers.set(name, compiler);
  }
  return compiler;
}

function compile(field: string, schema: Schema, kind: Compiler): ValidateFunction {
  const compiler = compilerFor(schema, kind);
  try {
    // Two routes may carry schemas with one `$id`: nothing of an earlier one is kept.
    compiler.removeSchema();
    return compiler.compile(typeof schema === 'object' ? withoutDialect(schema) : schema);
  } catch (error) {
    throw restErrors.INVALID_SCHEMA({ field, problem: error instanceof Error ? error.message : 'it cannot be compiled' }, error);
  }
}

/** The dialect chose the compiler; left in, it would be looked up as a schema of its own. */
function withoutDialect(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const dialect = schema['$schema'];
  if (dialect === undefined) return schema;
  if (typeof dialect !== 'string' || !/json-schema\.org\/(?:draft-0[67]|draft\/20(?:19-09|20-12))\/schema/.test(dialect)) {
    throw new Error('its $schema is none of draft-06, draft-07, 2019-09 and 2020-12');
  }
  const { $schema: _, ...rest } = schema;
  return rest;
}

/** Compiles a schema once, at registration. @throws `MOTIA_REST_INVALID_SCHEMA` naming `field` */
export function compileSchemaCheck(field: string, schema: Schema): SchemaCheck {
  const validate = compile(field, schema, 'plain');
  return (value) => (validate(value) ? undefined : toProblems(validate.errors));
}

/** As {@link compileSchemaCheck} for forms; compiled when the first form comes, for most routes never see one. */
export function formCheck(field: string, schema: Schema): FormCheck {
  let validate: ValidateFunction | undefined;
  return (fields) => {
    validate ??= compile(field, schema, 'coercing');
    const value: Record<string, unknown> = { __proto__: null, ...(fields as object) };
    return validate(value) ? { value } : { problems: toProblems(validate.errors) };
  };
}

/**
 * Compiles what was declared of the query: a JSON Schema of the whole, or the list form `[{ name, required? }]`, which
 * documents and can require. @throws `MOTIA_REST_INVALID_SCHEMA`
 */
export function compileQueryCheck(field: string, declared: Schema | readonly { readonly name: string; readonly required?: boolean }[]): QueryCheck {
  if (Array.isArray(declared)) return requiredOnly(declared as readonly { readonly name: string; readonly required?: boolean }[]);
  const validate = compile(field, declared as Schema, 'coercing');
  return (query) => {
    const coerced: Record<string, unknown> = { __proto__: null, ...query };
    if (!validate(coerced)) throw restErrors.VALIDATION_FAILED(toProblems(validate.errors, '/query'));
    return coerced;
  };
}

function requiredOnly(declared: readonly { readonly name: string; readonly required?: boolean }[]): QueryCheck {
  const required = declared.filter((parameter) => parameter.required === true).map((parameter) => parameter.name);
  return (query) => {
    const missing = required.filter((name) => !Object.hasOwn(query, name));
    if (missing.length > 0) throw restErrors.VALIDATION_FAILED(missing.map((name) => ({ path: `/query/${escapeToken(name)}`, problem: 'is required' })));
    return query;
  };
}

/**
 * A schema for successful responses, or one for each status: `{ '200': …, '4XX': …, default: … }`.
 * @throws `MOTIA_REST_INVALID_SCHEMA`
 */
export function compileResponseChecks(field: string, declared: Schema): ResponseChecks {
  if (!isByStatus(declared)) {
    const check = compileSchemaCheck(field, declared);
    return (status) => (status >= 200 && status < 300 ? check : undefined);
  }
  const checks = new Map(Object.entries(declared).map(([status, schema]) => [status.toLowerCase(), compileSchemaCheck(`${field}["${status}"]`, schema as Schema)]));
  return (status) => checks.get(String(status)) ?? checks.get(`${Math.trunc(status / 100)}xx`) ?? checks.get('default');
}

/** True for a map from status to schema, false for a schema of successful bodies. */
export function isByStatus(declared: Schema): declared is Readonly<Record<string, unknown>> {
  if (typeof declared !== 'object') return false;
  const keys = Object.keys(declared);
  return keys.length > 0 && keys.every((key) => /^(?:[1-5]\d\d|[1-5]xx|default)$/i.test(key)) && keys.some((key) => key !== 'default');
}

function toProblems(errors: readonly ErrorObject[] | null | undefined, prefix = ''): readonly InputProblem[] {
  const problems: InputProblem[] = [];
  for (const error of errors ?? []) {
    if (problems.length === mostProblems) break;
    problems.push(toProblem(error, prefix));
  }
  return problems;
}

function toProblem(error: ErrorObject, prefix: string): InputProblem {
  const params = error.params as Readonly<Record<string, unknown>>;
  const at = (token?: unknown): string => `${prefix}${error.instancePath}${token === undefined ? '' : `/${escapeToken(String(token))}`}`.slice(0, longestPath);
  switch (error.keyword) {
    case 'required': return { path: at(params['missingProperty']), problem: 'is required' };
    case 'additionalProperties': return { path: at(params['additionalProperty']), problem: 'is not allowed' };
    case 'unevaluatedProperties': return { path: at(params['unevaluatedProperty']), problem: 'is not allowed' };
    case 'enum': return { path: at(), problem: `must be one of ${(params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', ').slice(0, 500)}` };
    default: return { path: at(), problem: error.message ?? 'is not valid' };
  }
}

function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
