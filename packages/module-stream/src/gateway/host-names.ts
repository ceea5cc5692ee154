import { isIP } from 'node:net';

/** Host of a Host header without port and brackets, in lower case; undefined when malformed. Never throws. */
export function hostOf(header: string): string | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header.trim());
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
}

/** `localhost`, names below it, 127.0.0.0/8 and ::1, also as an IPv4-mapped address. */
export function isLoopbackName(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  const plain = host.replace(/^::ffff:/, '');
  if (isIP(plain) === 4) return plain.startsWith('127.');
  return isIP(host) === 6 && /^(0*:)*:?0*1$/.test(host);
}

/**
 * Whether a Host header is one we answer for. A page of another site can make a browser resolve the page's own name to
 * this machine (DNS rebinding) but can fake neither `localhost` nor an address, so those always pass.
 */
export function hostRule(allowed: readonly string[]): (header: string | undefined) => boolean {
  const names = allowed.map((name) => name.toLowerCase());
  return (header) => {
    if (names.includes('*')) return true;
    const host = header === undefined ? undefined : hostOf(header);
    if (host === undefined) return false;
    if (isLoopbackName(host) || isIP(host) !== 0) return true;
    return names.some((name) => (name.startsWith('.') ? host.endsWith(name) || host === name.slice(1) : host === name));
  };
}
