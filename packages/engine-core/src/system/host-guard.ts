import { isIP } from 'node:net';

/** Host of a Host header without port and brackets, in lower case; undefined when absent or malformed. Never throws. */
export function hostNameOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header?.trim() ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
}

/** 127.0.0.0/8 and ::1, also written as an IPv4-mapped address. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:/, '');
  if (isIP(plain) === 4) return plain.startsWith('127.');
  return isIP(address) === 6 && /^(0*:)*:?0*1$/.test(address);
}

/** `localhost`, names below it and loopback addresses, in lower case. What a browser takes for this machine. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name);
}

export interface HostGuardRules {
  /** Names beside this machine's own, in any case; `.example.com` takes subdomains, `*` any. */
  readonly allowed: readonly string[];
  /** Addresses that need not be listed. Default `any`. */
  readonly addresses?: 'any' | 'loopback';
}

/**
 * Says whether a Host header is one that a server answers for. A web page on another site can make a browser resolve the
 * page's own name to this machine (DNS rebinding) but can fake neither `localhost` nor an address.
 */
export class HostGuard {
  readonly #names: ReadonlySet<string>;
  readonly #suffixes: readonly string[];
  readonly #allowsAny: boolean;
  readonly #allowsAddresses: boolean;
  /** The answer is nearly always about the same header. */
  #lastAllowed: string | undefined;

  constructor({ allowed, addresses = 'any' }: HostGuardRules) {
    const names = allowed.map((name) => name.toLowerCase());
    this.#allowsAny = names.includes('*');
    this.#names = new Set(names.filter((name) => !name.startsWith('.')));
    this.#suffixes = names.filter((name) => name.startsWith('.'));
    this.#allowsAddresses = addresses === 'any';
  }

  /** Undefined is a request without a Host header. Never throws. */
  allows(header: string | undefined): boolean {
    if (this.#allowsAny || (header !== undefined && header === this.#lastAllowed)) return true;
    const name = hostNameOf(header);
    const isAllowed = name !== undefined && this.#allowsName(name);
    if (isAllowed) this.#lastAllowed = header;
    return isAllowed;
  }

  #allowsName(name: string): boolean {
    if (isLoopbackName(name) || (this.#allowsAddresses && isIP(name) !== 0)) return true;
    return this.#names.has(name) || this.#suffixes.some((suffix) => name.endsWith(suffix) || name === suffix.slice(1));
  }
}
