import { missingBody, restErrors, type InputProblem } from './errors.js';
import { FileCheck } from './file-rules.js';
import { noBody, parsedBody, type RequestBody } from './http-payload.js';
import type { Route } from './route.js';

/** The handler runs while the files arrive: what comes behind the first of them comes too late for the check. */
function beforeFirstFile({ path, problem }: InputProblem): InputProblem {
  return { path, problem: problem === 'is required' ? 'is required before the first file of the form' : problem };
}

/** The body as its schema wants it. @throws `MOTIA_REST_VALIDATION_FAILED` */
export function checkedBody(received: RequestBody, { checkBody, checkForm, files }: Pick<Route, 'checkBody' | 'checkForm' | 'files'>): RequestBody {
  // A form has been asked for its files as it was read; a request without a body brings none.
  const missing = received === noBody && files !== undefined ? new FileCheck(files).missing() : [];
  if (missing.length > 0) throw restErrors.VALIDATION_FAILED(missing);
  if (checkBody === undefined) return received;
  if (received.isForm === true && checkForm !== undefined) {
    const { value, problems } = checkForm(received.value);
    if (problems !== undefined) throw restErrors.VALIDATION_FAILED(received.links?.files === undefined ? problems : problems.map(beforeFirstFile));
    return { ...received, value, text: JSON.stringify(value) };
  }
  const body = parsedBody(received);
  const problems = checkBody(body.value);
  if (problems !== undefined) throw restErrors.VALIDATION_FAILED(received === noBody ? [missingBody] : problems);
  return body;
}
