import { describe, expect, it } from '@jest/globals';
import { parseCommand } from '../src/cli/args.js';

describe('parseCommand', () => {
  it('runs config.yaml when nothing is said', () => {
    expect(parseCommand([])).toEqual({ name: 'run', config: { kind: 'file', path: 'config.yaml' }, logLevel: 'info' });
  });

  it('takes the config file in both spellings', () => {
    expect(parseCommand(['-c', 'a.yaml'])).toMatchObject({ config: { kind: 'file', path: 'a.yaml' } });
    expect(parseCommand(['--config=b.yaml'])).toMatchObject({ config: { kind: 'file', path: 'b.yaml' } });
  });

  it('understands every command', () => {
    expect(parseCommand(['--use-default-config'])).toMatchObject({ name: 'run', config: { kind: 'default' } });
    expect(parseCommand(['config', 'schema'])).toMatchObject({ name: 'config-schema' });
    expect(parseCommand(['config', 'check', '-c', 'x.yaml'])).toMatchObject({ name: 'config-check', config: { path: 'x.yaml' } });
    expect(parseCommand(['functions', '--json', '--all'])).toMatchObject({ name: 'functions', json: true, all: true });
    expect(parseCommand(['invoke', 'a::b', '{"x":1}', '--timeout', '500'])).toMatchObject({ name: 'invoke', functionId: 'a::b', payload: '{"x":1}', timeoutMs: 500 });
    expect(parseCommand(['workers', 'token', 'rotate'])).toMatchObject({ name: 'rotate-token', readsToken: false, graceMs: 0, disconnects: false });
    expect(parseCommand(['workers', 'token', 'rotate', '-', '--grace=60000', '--disconnect'])).toMatchObject({ name: 'rotate-token', readsToken: true, graceMs: 60_000, disconnects: true });
    expect(parseCommand(['-v'])).toEqual({ name: 'version' });
    expect(parseCommand(['--wait-lock'])).toMatchObject({ name: 'run', waitLockMs: 2_000_000_000 });
    expect(parseCommand(['--wait-lock', '-c', 'a.yaml'])).toMatchObject({ waitLockMs: 2_000_000_000, config: { path: 'a.yaml' } });
    expect(parseCommand(['--wait-lock=1500'])).toMatchObject({ waitLockMs: 1_500 });
    expect(parseCommand(['functions', '--help'])).toEqual({ name: 'help' });
  });

  it.each([
    [['--nonsense'], 'nonsense'],
    [['dance'], 'dance'],
    [['config', 'eat'], 'needs one of schema and check, not: eat'],
    [['workers', 'token'], 'iii workers token rotate'],
    [['workers', 'token', 'rotate', 'secret'], 'unknown command'],
    [['workers', 'token', 'rotate', '--grace', 'soon'], '0 to 604800000 milliseconds, not soon'],
    [['config'], 'needs one of schema and check'],
    [['invoke'], 'function id'],
    [['invoke', 'a', 'b', 'c'], 'unknown command'],
    [['-c', 'a.yaml', '--use-default-config'], 'exclude'],
    [['--log-level', 'loud'], 'loud'],
    [['--log-format', 'xml'], 'xml'],
    [['invoke', 'a', '--timeout=-1'], 'milliseconds'],
    [['invoke', 'a', '--timeout', 'soon'], 'soon'],
    [['--wait-lock=soon'], '0 to 2000000000 milliseconds, not soon'],
    [['--wait-lock='], 'milliseconds'],
    [['--wait-lock', '5'], 'unknown command: 5'],
  ])('refuses %j as wrong usage', (words, mention) => {
    expect(() => parseCommand(words)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_USAGE', message: expect.stringContaining(mention) }));
  });
});
