import { Value } from '@sinclair/typebox/value';
import { answers, type DataPath } from '../contract/index.js';
import { consoleErrors } from '../errors.js';
import type { ApiRoute } from './api-route.js';

const mostProblems = 5;
/** What is wrong with rows is wrong with the first of them. */
const rowsLookedAt = 20;

/** Compares what a route answers with the contract. @throws `MOTIA_CONSOLE_ANSWER_INVALID` */
export function checkAnswer({ method, path }: Pick<ApiRoute, 'method' | 'path'>, answer: unknown): void {
  const name = `${method} ${path}`;
  const schema = answers[name as DataPath];
  const sent = asSent(answer);
  if (Value.Check(schema, sent)) return;
  const problems = [...Value.Errors(schema, sent)].slice(0, mostProblems).map(({ path: pointer, message }) => ({ pointer, problem: message }));
  throw consoleErrors.ANSWER_INVALID({ path: name, problems });
}

/** What JSON makes of it, of long lists the beginning. */
function asSent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.slice(0, rowsLookedAt).map((item) => asSent(item) ?? null);
  if ('toJSON' in value && typeof value.toJSON === 'function') return asSent((value as { toJSON(): unknown }).toJSON());
  return Object.fromEntries(Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [[key, asSent(member)]])));
}
