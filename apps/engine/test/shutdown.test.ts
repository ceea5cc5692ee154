import { describe, expect, it } from '@jest/globals';
import { untilSignalled, type ShutdownPorts } from '../src/cli/shutdown.js';

function fakeProcess(stop: () => Promise<void>) {
  const listeners = new Map<string, () => void>();
  const exits: number[] = [];
  const ports: ShutdownPorts = { on: (signal, listener) => void listeners.set(signal, listener), stop, exit: (code) => void exits.push(code), announce: () => undefined };
  return { ports, exits, send: (signal: string) => listeners.get(signal)?.() };
}

describe('untilSignalled', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('G1 drains and ends with 0 after %s', async (signal) => {
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

  it('rejects with what went wrong while stopping', async () => {
    const { ports, send } = fakeProcess(() => Promise.reject(new Error('stuck')));
    const code = untilSignalled(ports);
    send('SIGTERM');
    await expect(code).rejects.toThrow('stuck');
  });
});
