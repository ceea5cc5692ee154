import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { AddressLimit } from '../src/address-limit.js';

class FakeSocket extends EventEmitter {
  isOpen = true;

  constructor(readonly remoteAddress: string | undefined) {
    super();
  }

  destroy(): void {
    this.isOpen = false;
    this.emit('close');
  }
}

function opener(limit: AddressLimit): (address: string | undefined) => FakeSocket {
  return (address) => {
    const socket = new FakeSocket(address);
    limit.admit(socket as unknown as Socket);
    return socket;
  };
}

describe('connections of one address', () => {
  it('are bounded: further ones are closed until one has left', () => {
    const limit = new AddressLimit(2, () => false);
    const open = opener(limit);
    const [first, second, third] = [open('203.0.113.7'), open('203.0.113.7'), open('203.0.113.7')];
    expect([first.isOpen, second.isOpen, third.isOpen]).toEqual([true, true, false]);
    expect(open('203.0.113.8').isOpen).toBe(true);
    first.destroy();
    expect(open('203.0.113.7').isOpen).toBe(true);
    expect(open('203.0.113.7').isOpen).toBe(false);
  });

  it('leave nothing behind', () => {
    const limit = new AddressLimit(3, () => false);
    const open = opener(limit);
    const sockets = Array.from({ length: 100 }, (_, index) => open(`203.0.113.${index % 10}`));
    expect(limit.size).toBe(10);
    for (const socket of sockets) if (socket.isOpen) socket.destroy();
    expect(limit.size).toBe(0);
  });

  it('are not counted for loopback, for trusted proxies, nor without a limit', () => {
    const proxies: string[] = [];
    const limited = opener(new AddressLimit(1, (address) => proxies.push(address) > 0 && address === '10.0.0.1'));
    for (const address of ['127.0.0.1', '127.8.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '::ffff:10.0.0.1', undefined]) {
      expect([limited(address).isOpen, limited(address).isOpen]).toEqual([true, true]);
    }
    expect(new Set(proxies)).toEqual(new Set(['10.0.0.1']));
    const free = opener(new AddressLimit(0, () => false));
    expect([free('203.0.113.7').isOpen, free('203.0.113.7').isOpen]).toEqual([true, true]);
  });
});
