import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { messageOf, MotiaError } from '../src/index.js';

describe('the message of what was thrown', () => {
  it('is that of an error, whichever realm it comes from', () => {
    expect(messageOf(new TypeError('no'))).toBe('no');
    expect(messageOf(new MotiaError({ code: 'TEST', message: 'coded' }))).toBe('coded');
    expect(messageOf(runInNewContext('new Error("elsewhere")'))).toBe('elsewhere');
  });

  it('is what anything else reads as, and never an error itself', () => {
    const hostile = { get message() { throw new Error('gone'); } };
    const said = ['text', 7, 10n, undefined, null, Symbol('s'), { message: 'plain' }, Object.create(null), hostile, { toString: () => { throw new Error('gone'); } }].map(messageOf);
    const unreadable = 'something that cannot be read was thrown';
    expect(said).toEqual(['text', '7', '10', 'undefined', 'null', 'Symbol(s)', 'plain', unreadable, unreadable, unreadable]);
  });
});
