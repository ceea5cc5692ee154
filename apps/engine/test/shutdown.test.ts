import { describe, expect, it, jest } from '@jest/globals';
import { untilSignalled, type ShutdownPorts } from '../src/cli/shutdown.js';

function fakeProcess(stop: () => Promise<void>, inFlight = 0) {
  const listeners = new Map<string, () => void>();
  const exits: number[] = [];
  const said: string[] = [];
  const ports: ShutdownPorts = { on: (signal, listener) => void listeners.set(signal, listener), onNpmGone: (listener) => void listeners.set('npm gone', listener), stop, exit: (code) => void exits.push(code), announce: (message) => void said.push(message), inFlight: () => inFlight };
  return { ports, exits, said, send: (signal: string) => listeners.get(signal)?.() };
}

describe('untilSignalled', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'npm gone'])('G1 drains and ends with 0 after %s (fault 50)', async (signal) => {
    const { ports, exits, send } = fakeProcess(() => Promise.resolve());
    const code = untilSignalled(ports);
    send(signal);
    expect(await code).toBe(0);
    expect(exits).toEqual([]);
  });

  it('G1 leaves with 130 at once on a second signal', () => {
    const { ports, exits, send } = fakeProcess(() => new Promise(() => undefined));
    void untilSignalled(ports);
    send('SIGTERM');
    expect(exits).toEqual([]);
    send('SIGINT');
    expect(exits).toEqual([130]);
  });

  it('G1 goes on draining when npm has gone as well: in a terminal both get the signal', () => {
    const { ports, exits, send } = fakeProcess(() => new Promise(() => undefined));
    void untilSignalled(ports);
    send('SIGINT');
    send('npm gone');
    expect(exits).toEqual([]);
  });

  it('rejects with what went wrong while stopping', async () => {
    const { ports, send } = fakeProcess(() => Promise.reject(new Error('stuck')));
    const code = untilSignalled(ports);
    send('SIGTERM');
    await expect(code).rejects.toThrow('stuck');
  });

  it.each([
    [0, 'SIGINT: stopping; once more to leave at once'],
    [1, 'SIGINT: waiting for 1 request…; once more to leave at once'],
    [2, 'SIGINT: waiting for 2 requests…; once more to leave at once'],
  ])('says what it waits for with %s in flight, and that it has stopped', async (inFlight, words) => {
    const { ports, said, send } = fakeProcess(() => Promise.resolve(), inFlight);
    const code = untilSignalled(ports);
    send('SIGINT');
    await code;
    expect(said).toEqual([words, 'stopped']);
  });

  it('says again what it waits for every five seconds, until it has stopped', async () => {
    jest.useFakeTimers();
    try {
      let finish: () => void = () => undefined;
      const { ports, said, send } = fakeProcess(() => new Promise((resolve) => (finish = resolve)), 1);
      const code = untilSignalled(ports);
      send('SIGTERM');
      jest.advanceTimersByTime(11_000);
      finish();
      await code;
      jest.advanceTimersByTime(11_000);
      expect(said.slice(1)).toEqual(['waiting for 1 request…', 'waiting for 1 request…', 'stopped']);
    } finally {
      jest.useRealTimers();
    }
  });
});
