import { isUtf8 } from 'node:buffer';
import { restErrors } from './errors.js';
import type { RequestBody } from './http-payload.js';
import { parseQueryString } from './query-string.js';

/** Form fields by name, without a prototype: text, or a list where a name is repeated. */
export type FormFields = Record<string, string | string[]>;

/** Adds a field; a repeated name makes a list. @throws `MOTIA_REST_FORBIDDEN_KEY` */
export function addField(fields: FormFields, name: string, value: string): void {
  checkName(name);
  const known = fields[name];
  if (known === undefined) fields[name] = value;
  else if (typeof known === 'string') fields[name] = [known, value];
  else known.push(value);
}

/**
 * Reads `application/x-www-form-urlencoded`. Nothing nests: `a[b]=1` is the field `a[b]`.
 * @throws `MOTIA_REST_TOO_MANY_PARAMS`, `MOTIA_REST_FORBIDDEN_KEY`, `MOTIA_REST_UNSUPPORTED_MEDIA_TYPE` for bytes that are not UTF-8
 */
export function readFormBody(bytes: Buffer): RequestBody {
  if (!isUtf8(bytes)) throw restErrors.UNSUPPORTED_MEDIA_TYPE({ reason: 'it is not UTF-8 text' });
  const fields = parseQueryString(bytes.toString('utf8'));
  for (const name of Object.keys(fields)) checkName(name);
  return formBody(fields);
}

/** Fields as the body of a request. */
export function formBody(fields: FormFields): RequestBody {
  return { text: JSON.stringify(fields), raw: undefined, value: fields, isParsed: true, isForm: true };
}

function checkName(name: string): void {
  if (name === '__proto__') throw restErrors.FORBIDDEN_KEY({});
}
