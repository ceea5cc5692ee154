import { describe, expect, it } from '@jest/globals';
import type { SecretRules } from '@motia/engine-core/contract';
import { StoredData } from '../src/api/stored-data.js';

const rules: SecretRules = {
  hide: (name, value) => (name === 'token' ? '***' : typeof value === 'object' && value !== null && 'token' in value ? { ...value, token: '***' } : value),
  holdsHidden: (_, value) => JSON.stringify(value ?? null).includes('***'),
  text: (text) => text.replace(/s3cret/g, '***'),
};
const stored = new StoredData(() => rules);
const asks = (reveal?: string) => ({ query: new Map(reveal === undefined ? [] : [['reveal', reveal]]) });
const failure = { kind: 'failed', code: 'X', message: 'it said s3cret', stack: 'Error: it said s3cret', atMs: 1, delivery: 1 } as const;
const message = { messageId: 'm', data: { token: 's3cret', id: 1 }, result: { token: 's3cret' }, lastFailure: failure };

describe('data that users stored', () => {
  it('§4.12 is shown without secrets, in payloads, results and what handlers said when they failed', () => {
    expect(stored.message(message, asks())).toEqual({ messageId: 'm', data: { token: '***', id: 1 }, result: { token: '***' }, lastFailure: { ...failure, message: 'it said ***', stack: 'Error: it said ***' } });
    expect(stored.message({ messageId: 'm', failures: [failure] })).toEqual({ messageId: 'm', failures: [{ ...failure, message: 'it said ***', stack: 'Error: it said ***' }] });
    expect(stored.members(asks(), 'token', { seq: 1, before: 'a', after: 'b' }, ['before', 'after'])).toEqual({ seq: 1, before: '***', after: '***' });
  });

  it('is shown as it is to whoever asks for that, and where nobody knows what a secret is', () => {
    expect(stored.message(message, asks('true'))).toBe(message);
    expect(stored.shown(asks('true'), 'token', 's3cret')).toBe('s3cret');
    expect(stored.shown(asks('false'), 'token', 's3cret')).toBe('***');
    const unknowing = new StoredData(() => undefined);
    expect([unknowing.message(message), unknowing.hidden('token', 's3cret')]).toEqual([message, 's3cret']);
    unknowing.refuseHidden('token', '***');
  });

  it('is asked for with true or false, and nothing else', () => {
    expect(() => stored.shown(asks('yes'), 'token', 's3cret')).toThrow(expect.objectContaining({ code: 'MOTIA_CONSOLE_QUERY_INVALID' }));
  });

  it('takes no mark in the place of a secret', () => {
    expect(() => stored.refuseHidden('token', '***')).toThrow(expect.objectContaining({ code: 'MOTIA_CONSOLE_VALUE_HIDDEN' }));
    stored.refuseHidden('token', 's3cret');
  });
});
