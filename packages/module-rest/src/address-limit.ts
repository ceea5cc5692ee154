import type { Socket } from 'node:net';

const loopback = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * Bounds the connections that one address holds. Loopback never counts, nor a proxy that is trusted to speak for others:
 * behind either of them are many clients.
 */
export class AddressLimit {
  readonly #limit: number;
  readonly #isTrusted: (address: string) => boolean;
  readonly #open = new Map<string, number>();

  /** 0: no limit. */
  constructor(limit: number, isTrusted: (address: string) => boolean) {
    this.#limit = limit;
    this.#isTrusted = isTrusted;
  }

  /** Takes a new connection, or closes it. */
  admit(socket: Socket): void {
    const address = socket.remoteAddress;
    if (this.#limit === 0 || address === undefined || loopback.test(address) || this.#isTrusted(plain(address))) return;
    const count = (this.#open.get(address) ?? 0) + 1;
    if (count > this.#limit) {
      socket.destroy();
      return;
    }
    this.#open.set(address, count);
    socket.once('close', () => this.#left(address));
  }

  /** Addresses that hold connections now. */
  get size(): number {
    return this.#open.size;
  }

  #left(address: string): void {
    const count = (this.#open.get(address) ?? 1) - 1;
    if (count === 0) this.#open.delete(address);
    else this.#open.set(address, count);
  }
}

/** IPv4 clients of a dual-stack socket are IPv4 clients. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
