import { createHmac, randomBytes } from 'node:crypto';

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** A name of 43 characters that is always the same for a key, and that nobody can find who knows the key alone. */
export function secretName(secret: string, key: string): string {
  return createHmac('sha256', secret).update(key).digest('base64url');
}
