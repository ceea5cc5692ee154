import { randomFillSync } from 'node:crypto';

const accepted = /^[A-Za-z0-9][A-Za-z0-9._:+/=@-]{0,127}$/;
const prefix = randomFillSync(Buffer.allocUnsafe(9)).toString('base64url');
let count = 0;

/** The client's own id when it is 1 to 128 harmless characters, else a new one, unique over processes. */
export function requestIdOf(header: string | string[] | undefined): string {
  if (typeof header === 'string' && accepted.test(header)) return header;
  count += 1;
  return `${prefix}-${count.toString(36)}`;
}
