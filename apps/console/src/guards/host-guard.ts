/**
 * Whether a Host header is one that the console answers for: loopback names and addresses, and those that the
 * configuration adds. A foreign page that resolves its own name to this machine (DNS rebinding) sends its own name.
 */
export function isAllowedHost(header: string | undefined, allowed: readonly string[]): boolean {
  const name = hostNameOf(header);
  if (name === undefined) return false;
  return isLoopbackName(name) || allowed.some((entry) => entry.toLowerCase() === name);
}

export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/** Host without port and brackets, in lower case; undefined when malformed. Never throws. */
export function hostNameOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header.trim());
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
}
