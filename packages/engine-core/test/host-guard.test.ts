import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { HostGuard, hostNameOf, isLoopbackAddress, isLoopbackName } from '../src/index.js';

describe('HostGuard', () => {
  const guard = new HostGuard({ allowed: ['app.example.com', '.dev.test'] });
  it.each(['localhost', 'localhost:3111', 'LOCALHOST:1', 'app.localhost:80', '127.0.0.1:3111', '[::1]:3111', '[::1]', '192.168.1.4:9', 'app.example.com', 'App.Example.com:443', 'a.dev.test', 'dev.test', 'localhost.'])('allows %s', (header) => {
    expect(guard.allows(header)).toBe(true);
  });
  it.each([
    undefined, '', ':', 'evil.com', 'evil.com:3111', 'localhost.evil.com', 'evil-localhost', 'xdev.test', 'x.app.example.com', 'dev.test.evil', '[::1', '[evil.com]', 'a b',
    'localhost:999999', 'localhost:3113:1', '@', 'a@localhost', 'http://localhost', '127.0.0.1.evil.com',
  ])('refuses %j', (header) => {
    expect(guard.allows(header)).toBe(false);
  });
  it('refuses what it refused before, and allows what it allowed, whatever came between', () => {
    expect(['localhost', 'evil.com', undefined, 'localhost', 'evil.com'].map((header) => guard.allows(header))).toEqual([true, false, false, true, false]);
  });
  it('takes names of the configuration, whatever their case', () => {
    expect(new HostGuard({ allowed: ['Console.Example'] }).allows('cONSOLE.example:443')).toBe(true);
  });
  it('allows any with *', () => expect(new HostGuard({ allowed: ['*'] }).allows('evil.com')).toBe(true));
  it('knows only this machine\'s own addresses where others must be listed', () => {
    const strict = new HostGuard({ allowed: ['10.0.0.7'], addresses: 'loopback' });
    expect(['127.0.0.1:3113', '[::1]', 'localhost', '10.0.0.7:3113', '10.0.0.8:3113', '[fe80::1]'].map((header) => strict.allows(header))).toEqual([true, true, true, true, false, false]);
  });
  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (header) => typeof guard.allows(header) === 'boolean' && (hostNameOf(header) ?? '') === (hostNameOf(header) ?? '').toLowerCase()));
  });
});

describe('host names', () => {
  it.each([
    ['localhost:3112', 'localhost'], ['[::1]:3112', '::1'], ['EXAMPLE.com.', 'example.com'], ['10.0.0.1', '10.0.0.1'],
    ['a b', undefined], ['', undefined], ['host:123456', undefined], ['user@host', undefined], ['[::1', undefined], ['host/path', undefined], [undefined, undefined],
  ])('%j is the host %j', (header, host) => expect(hostNameOf(header)).toBe(host));

  it.each(['127.0.0.1', '127.8.8.8', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])('%s is an address of this machine', (address) => {
    expect([isLoopbackAddress(address), isLoopbackName(address)]).toEqual([true, true]);
  });
  it.each(['0.0.0.0', '::', '128.0.0.1', '10.0.0.1', 'fe80::1', '::2', '::ffff:10.0.0.1', 'localhost.example', 'example.com', '127.evil.com', ''])('%j is neither address nor name of this machine', (name) => {
    expect([isLoopbackAddress(name), isLoopbackName(name)]).toEqual([false, false]);
  });
  it.each(['localhost', 'app.localhost'])('%s is a name of this machine and no address', (name) => expect([isLoopbackAddress(name), isLoopbackName(name)]).toEqual([false, true]));
});
