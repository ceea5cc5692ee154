import type { Ajv, ErrorObject } from 'ajv';
import type { InputProblem } from '../errors.js';
import type { JsonSchemaObject } from './standard-schema.js';
import type { Parse } from './parse-value.js';

const mostProblems = 50;
const compilers = new Map<string, Promise<Ajv>>();

/**
 * The check of a JSON Schema as a parse that changes nothing. For what no module of the engine checks: messages and stream
 * items. The same dialects and formats as the REST module's. @throws Error when the schema cannot be compiled
 */
export async function jsonSchemaParser(schema: JsonSchemaObject): Promise<Parse> {
  const compiler = await compilerFor(schema);
  // Two schemas may carry one `$id`: nothing of an earlier one is kept.
  compiler.removeSchema();
  const validate = compiler.compile(withoutDialect(schema));
  return (value) => (validate(value) ? { ok: true, value } : { ok: false, problems: (validate.errors ?? []).slice(0, mostProblems).map(toProblem) });
}

/** Loaded on first use: most apps bring schemas that parse by themselves. */
function compilerFor(schema: JsonSchemaObject): Promise<Ajv> {
  const is2020 = /20(?:19-09|20-12)/.test(String(schema['$schema'] ?? ''));
  const name = is2020 ? '2020' : 'draft-07';
  let compiler = compilers.get(name);
  if (compiler === undefined) {
    compiler = loadCompiler(is2020);
    compilers.set(name, compiler);
  }
  return compiler;
}

async function loadCompiler(is2020: boolean): Promise<Ajv> {
  const [{ default: formats }, Compiler] = await Promise.all([import('ajv-formats'), is2020 ? import('ajv/dist/2020.js').then(({ Ajv2020 }) => Ajv2020) : import('ajv').then(({ Ajv: Draft07 }) => Draft07)]);
  const compiler = new Compiler({ allErrors: true, strict: false, validateFormats: true, addUsedSchema: false });
  formats.default(compiler);
  return compiler;
}

/** The dialect chose the compiler; left in, it would be looked up as a schema of its own. */
function withoutDialect(schema: JsonSchemaObject): JsonSchemaObject {
  const { $schema: _, ...rest } = schema;
  return rest;
}

function toProblem({ instancePath, keyword, params, message }: ErrorObject): InputProblem {
  const named = params as Readonly<Record<string, unknown>>;
  const at = (token: unknown): string => `${instancePath}/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  switch (keyword) {
    case 'required': return { path: at(named['missingProperty']), problem: 'is required' };
    case 'additionalProperties': return { path: at(named['additionalProperty']), problem: 'is not allowed' };
    case 'unevaluatedProperties': return { path: at(named['unevaluatedProperty']), problem: 'is not allowed' };
    case 'enum': return { path: instancePath, problem: `must be one of ${(named['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', ').slice(0, 500)}` };
    default: return { path: instancePath, problem: message ?? 'is not valid' };
  }
}
