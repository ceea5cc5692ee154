import { describe, expect, it } from '@jest/globals';
import { isMotiaError } from '@motia/protocol';
import { parseEngineAddress } from '../../../src/runtime/remote/engine-address.js';
import { remoteEngineFrom } from '../../../src/runtime/remote/remote-engine.js';

describe('the address of an engine', () => {
  it.each([
    ['tcp://engine:3134', { kind: 'tcp', host: 'engine', port: 3134 }],
    ['tcp://engine', { kind: 'tcp', host: 'engine', port: 49_134 }],
    ['tls://10.0.0.1:1/', { kind: 'tls', host: '10.0.0.1', port: 1 }],
    ['tcp://[::1]:3134', { kind: 'tcp', host: '::1', port: 3134 }],
    ['unix:///run/iii.sock', { kind: 'unix', path: '/run/iii.sock' }],
    ['unix:///with%20space.sock', { kind: 'unix', path: '/with space.sock' }],
  ])('reads %s', (text, expected) => {
    expect(parseEngineAddress(text)).toEqual({ ...expected, text });
  });

  it.each([
    ['', 'is no URL'], ['engine:49134', 'is not tcp:, tls: or unix:'], ['http://engine:49134', '"http:" is not'], ['tcp://', 'names no host'], ['tcp://engine:99999', 'is no URL'],
    ['tcp://engine:0', '0 is no port'], ['tcp://engine/path', 'more than host and port'], ['tcp://engine?x=1', 'more than host and port'], ['unix://relative.sock', 'no absolute path'], ['unix:///', 'no absolute path'],
  ])('refuses %j and says why', (text, problem) => {
    expect(() => parseEngineAddress(text)).toThrow(problem);
  });

  it('never repeats a secret that stands in it', () => {
    for (const text of ['tcp://me:hunter2@engine', 'tcp://hunter2@en gine']) {
      const error = (() => {
        try {
          return parseEngineAddress(text);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(isMotiaError(error, 'MOTIA_SDK_ENGINE_URL_INVALID') && !error.message.includes('hunter2')).toBe(true);
    }
  });

  it('comes from the environment, and the token does not stay there', () => {
    const env: NodeJS.ProcessEnv = { III_ENGINE_URL: 'tls://engine', III_ENGINE_TOKEN: 'secret', III_ENGINE_CA_FILE: '/ca.pem' };
    expect(remoteEngineFrom(env)).toEqual({ address: parseEngineAddress('tls://engine'), token: 'secret', tls: { ca: '/ca.pem', cert: undefined, key: undefined } });
    expect(env['III_ENGINE_TOKEN']).toBeUndefined();
    expect(remoteEngineFrom({ III_ENGINE_URL: 'tcp://engine', III_ENGINE_TOKEN: '' }).token).toBeUndefined();
  });
});
