import { randomFillSync } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const accepted = /^[A-Za-z0-9][A-Za-z0-9._:+/=@-]{0,127}$/;
const prefix = randomFillSync(Buffer.allocUnsafe(9)).toString('base64url');
let count = 0;

/** What the option `request_id` says. */
export interface RequestIdRule {
  /** Name of the header, in lower case. */
  readonly header: string;
  readonly accept: boolean;
}

/** The id of a request by the rule of the module. */
export function requestIdFor(request: IncomingMessage, rule: RequestIdRule): string {
  return requestIdOf(rule.accept ? request.headers[rule.header] : undefined);
}

/** The client's own id when it is 1 to 128 harmless characters, else a new one, unique over processes. */
export function requestIdOf(header: string | string[] | undefined): string {
  if (typeof header === 'string' && accepted.test(header)) return header;
  count += 1;
  return `${prefix}-${count.toString(36)}`;
}
