import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Redactor } from '../src/redaction/redactor.js';
import { OwnSecretRules } from '../src/redaction/secret-rules.js';

const rules = new OwnSecretRules(new Redactor(['iban']));
const secret = 'S3cr3tV4lu3';
const secretName = fc.constantFrom('api_token', 'accessToken', 'password', 'client_secret', 'IBAN', 'credentials');
const plainName = fc.constantFrom('id', 'status', 'items', 'note', 'url', 'author', 'keys');
const plain = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.string().filter((text) => text !== '[redacted]'), fc.integer(), fc.boolean(), fc.constant(null), fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(plainName, tie('value'), { maxKeys: 4 })),
})).value;
/** Plain data with a secret somewhere in it. */
const withSecret = fc.tuple(secretName, fc.array(fc.oneof(plainName, fc.nat(3)), { maxLength: 4 }), plain).map(([name, path, beside]) =>
  path.reduce<unknown>((inner, step) => (typeof step === 'number' ? [...new Array<unknown>(step).fill(beside), inner] : { beside, [step]: inner }), { [name]: { deep: [secret] }, beside }));

describe('the rules for data that users stored', () => {
  it('hide every value under the name of a secret, at any depth, and leave the original as it was', () => {
    fc.assert(fc.property(withSecret, (value) => {
      const before = JSON.stringify(value);
      expect(JSON.stringify(rules.hide(undefined, value))).not.toContain(secret);
      expect(JSON.stringify(value)).toBe(before);
    }));
  });

  it('give back the very same object where there is no secret', () => {
    fc.assert(fc.property(plain, (value) => expect(rules.hide('status', value)).toBe(value)));
  });

  it('know what they have hidden, and nothing else', () => {
    fc.assert(fc.property(withSecret, (value) => {
      expect(rules.holdsHidden(undefined, value)).toBe(false);
      expect(rules.holdsHidden(undefined, rules.hide(undefined, value))).toBe(true);
    }));
    fc.assert(fc.property(plain, (value) => expect(rules.holdsHidden(undefined, value)).toBe(false)));
  });

  it('go by the name that the whole stands under', () => {
    expect([rules.hide('api_token', secret), rules.hide('api_token', { a: secret }), rules.hide('api_token', null)]).toEqual(['[redacted]', '[redacted]', null]);
    expect([rules.holdsHidden('api_token', '[redacted]'), rules.holdsHidden('status', '[redacted]')]).toEqual([true, false]);
  });

  it('take a pair for what it is, and a count of tokens and yes and no for no secret', () => {
    expect(rules.hide(undefined, { name: 'github_token', value: secret })).toEqual({ name: 'github_token', value: '[redacted]' });
    expect(rules.holdsHidden(undefined, { name: 'github_token', value: '[redacted]' })).toBe(true);
    const harmless = { used_tokens: 12, has_password: true };
    expect(rules.hide(undefined, harmless)).toBe(harmless);
  });
});
