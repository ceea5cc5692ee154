import { missingBody, restErrors, type InputProblem } from './errors.js';
import { noBody, parsedBody, type RequestBody } from './http-payload.js';
import type { Route } from './route.js';

/** The body as its schema wants it. @throws `MOTIA_REST_VALIDATION_FAILED` */
export function checkedBody(received: RequestBody, { checkBody, checkForm }: Pick<Route, 'checkBody' | 'checkForm'>): RequestBody {
  if (checkBody === undefined) return received;
  if (received.isForm === true && checkForm !== undefined) {
    const { value, problems } = checkForm(received.value) as { readonly value?: unknown; readonly problems?: readonly InputProblem[] };
    if (problems !== undefined) throw restErrors.VALIDATION_FAILED(problems);
    return { ...received, value, text: JSON.stringify(value) };
  }
  const body = parsedBody(received);
  const problems = checkBody(body.value);
  if (problems !== undefined) throw restErrors.VALIDATION_FAILED(received === noBody ? [missingBody] : problems);
  return body;
}
