import { isIP } from 'node:net';

/**
 * Says whether a Host header is one we answer for. A web page on another site can make a browser resolve the page's own
 * name to this machine (DNS rebinding) but can fake neither `localhost` nor an address, so those always pass.
 */
export class HostGuard {
  readonly #names: ReadonlySet<string>;
  readonly #suffixes: readonly string[];
  readonly #allowsAny: boolean;
  /** The answer is nearly always about the same header. */
  #lastAllowed = '';

  constructor(allowed: readonly string[]) {
    const names = allowed.map((name) => name.toLowerCase());
    this.#allowsAny = names.includes('*');
    this.#names = new Set(names.filter((name) => !name.startsWith('.')));
    this.#suffixes = names.filter((name) => name.startsWith('.'));
  }

  allows(header: string): boolean {
    if (this.#allowsAny || header === this.#lastAllowed) return true;
    const isAllowed = this.#allowsName(hostOf(header));
    if (isAllowed) this.#lastAllowed = header;
    return isAllowed;
  }

  #allowsName(name: string | undefined): boolean {
    if (name === undefined) return false;
    if (name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0) return true;
    return this.#names.has(name) || this.#suffixes.some((suffix) => name.endsWith(suffix) || name === suffix.slice(1));
  }
}

/** Host without port and brackets, lower case; undefined when malformed. */
function hostOf(header: string): string | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header.trim());
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
}
