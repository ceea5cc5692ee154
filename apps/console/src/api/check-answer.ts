import { compileOpenSchema } from '@motia/engine-core';
import { isMotiaError, type OptionProblem, type OptionsSchema } from '@motia/engine-core/contract';
import { answers, type DataPath } from '../contract/index.js';
import { consoleErrors } from '../errors.js';
import type { ApiRoute } from './api-route.js';

const mostProblems = 5;
/** What is wrong with rows is wrong with the first of them. */
const rowsLookedAt = 20;
const compiled = new Map<string, OptionsSchema<unknown>>();

/** Compares what a route answers with the contract. @throws `MOTIA_CONSOLE_ANSWER_INVALID` */
export function checkAnswer({ method, path }: Pick<ApiRoute, 'method' | 'path'>, answer: unknown): void {
  const name = `${method} ${path}`;
  try {
    schemaOf(name).parse(asSent(answer));
  } catch (error) {
    if (!isMotiaError(error, 'MOTIA_ENGINE_OPTIONS_INVALID')) throw error;
    const { problems } = error.details as { readonly problems: readonly OptionProblem[] };
    throw consoleErrors.ANSWER_INVALID({ path: name, problems: problems.slice(0, mostProblems).map(({ pointer, problem }) => ({ pointer, problem })) });
  }
}

function schemaOf(name: string): OptionsSchema<unknown> {
  let schema = compiled.get(name);
  if (schema === undefined) compiled.set(name, (schema = compileOpenSchema(answers[name as DataPath])));
  return schema;
}

/** What JSON makes of it, of long lists the beginning. */
function asSent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.slice(0, rowsLookedAt).map((item) => asSent(item) ?? null);
  if ('toJSON' in value && typeof value.toJSON === 'function') return asSent((value as { toJSON(): unknown }).toJSON());
  return Object.fromEntries(Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [[key, asSent(member)]])));
}
