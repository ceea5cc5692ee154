import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import { AccessToken, newToken } from '../src/guards/access-token.js';
import { tokenOf } from '../src/guards/credentials.js';
import { isOwnOrigin } from '../src/guards/origin-guard.js';

describe('the Origin guard', () => {
  it('takes programs, which send none, and pages of the very host they call', () => {
    expect(isOwnOrigin(undefined, 'localhost:3113')).toBe(true);
    expect(isOwnOrigin('http://localhost:3113', 'localhost:3113')).toBe(true);
  });
  it.each(['null', 'http://localhost:3000', 'http://localhost', 'http://evil.example', 'http://localhost:3113.evil.example', 'http://localhost:3113/', 'http://user@localhost:3113', 'file://', ''])('refuses %s', (origin) => {
    expect(isOwnOrigin(origin, 'localhost:3113')).toBe(false);
  });
});

describe('the token', () => {
  it('is compared as a whole', () => {
    const access = new AccessToken('the right one', new ManualClock());
    expect([access.check('the right one'), access.check('the right on'), access.check(''), access.check(undefined)].map(({ ok }) => ok)).toEqual([true, false, false, false]);
  });
  it('makes guessing wait, the right one included, until the minute is over', async () => {
    const clock = new ManualClock();
    const access = new AccessToken('right', clock);
    for (let guess = 0; guess < 20; guess += 1) expect(access.check(`wrong ${guess}`)).toEqual({ ok: false });
    expect(access.check('right')).toEqual({ ok: false, retryAfterMs: 60_000 });
    await clock.advance('60s');
    expect(access.check('right')).toEqual({ ok: true });
  });
  it('does not count requests without one as guesses', () => {
    const access = new AccessToken('right', new ManualClock());
    for (let request = 0; request < 100; request += 1) access.check(undefined);
    expect(access.check('right').ok).toBe(true);
  });
  it('counts one that is given again and again once: a page that was open before a restart locks nobody out', () => {
    const access = new AccessToken('right', new ManualClock());
    for (let request = 0; request < 100; request += 1) expect(access.check('of another start')).toEqual({ ok: false });
    expect(access.check('right')).toEqual({ ok: true });
  });
  it('is long, and new each time', () => {
    expect(newToken()).toMatch(/^[\w-]{32}$/);
    expect(newToken()).not.toBe(newToken());
  });
  it('is found in the bearer header or the cookie of this port, and nowhere else', () => {
    expect(tokenOf({ authorization: 'Bearer abc' }, 'iii_console_1')).toBe('abc');
    expect(tokenOf({ cookie: 'x=1; iii_console_1=a%20b; y=2' }, 'iii_console_1')).toBe('a b');
    expect(tokenOf({ cookie: 'iii_console_2=abc' }, 'iii_console_1')).toBeUndefined();
    expect(tokenOf({ cookie: 'iii_console_1=%E0%A4%A' }, 'iii_console_1')).toBeUndefined();
    expect(tokenOf({ authorization: 'Basic abc' }, 'iii_console_1')).toBeUndefined();
  });
});
