import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares a token with the expected one in a time that tells nothing about either. Without an expected one every token is right. */
export function tokenCheck(expected: string | undefined): (given: string | undefined) => boolean {
  if (expected === undefined) return () => true;
  const wanted = digest(expected);
  return (given) => typeof given === 'string' && timingSafeEqual(digest(given), wanted);
}

/** Same length for every input, as `timingSafeEqual` needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
