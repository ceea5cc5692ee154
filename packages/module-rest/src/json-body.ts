import { scanJson, type JsonProblem, type MotiaError } from '@motia/engine-core/contract';
import { restErrors } from './errors.js';
import type { RequestBody } from './http-payload.js';

/**
 * Checks a JSON body without building its value: whoever needs the value parses it then, and a body that is only passed
 * on is never parsed here. A byte order mark is dropped.
 * @throws `MOTIA_REST_INVALID_JSON`, `…_JSON_TOO_DEEP`, `…_JSON_TOO_COMPLEX`, `…_FORBIDDEN_KEY`
 */
export function readJsonBody(bytes: Buffer, rawThresholdBytes: number): RequestBody {
  const problem = scanJson(bytes);
  if (problem !== undefined) throw toError(problem);
  const start = bytes[0] === 0xef ? 3 : 0;
  if (bytes.length >= rawThresholdBytes) {
    return { text: 'null', raw: { at: '/body', as: 'json', bytes: start === 0 ? bytes : bytes.subarray(start) }, value: undefined, isParsed: false };
  }
  return { text: bytes.toString('utf8', start), raw: undefined, value: undefined, isParsed: false };
}

function toError(problem: JsonProblem): MotiaError {
  const { line, column } = problem;
  switch (problem.reason) {
    case 'invalid': return restErrors.INVALID_JSON({ line, column });
    case 'too_deep': return restErrors.JSON_TOO_DEEP({ limit: problem.limit, line, column });
    case 'too_complex': return restErrors.JSON_TOO_COMPLEX({ limit: problem.limit, line, column });
    case 'forbidden_key': return restErrors.FORBIDDEN_KEY({ line, column });
  }
}
