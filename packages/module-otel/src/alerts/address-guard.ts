import { isIP } from 'node:net';

/** Addresses that are nobody's public ones. */
const privateV4: readonly (readonly [base: number, bits: number])[] = [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24],
  ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
].map(([base, bits]) => [toNumber(base as string), bits as number]);

/** Why an address may not be called by what others configure; undefined for public ones. IPv4 inside IPv6 counts as what it is. */
export function privateAddressReason(address: string): string | undefined {
  const version = isIP(address);
  if (version === 4) return isPrivateV4(toNumber(address)) ? `${address} is not a public address` : undefined;
  if (version !== 6) return `${address} is no address`;
  const words = expand(address);
  if (words === undefined) return `${address} is no address`;
  return isPublicV6(words) ? undefined : `${address} is not a public address`;
}

function isPrivateV4(address: number): boolean {
  return privateV4.some(([base, bits]) => address >>> (32 - bits) === base >>> (32 - bits));
}

function isPublicV6(words: readonly number[]): boolean {
  const [first = 0, second = 0] = words;
  const low = ((words[6] as number) * 65_536 + (words[7] as number)) >>> 0;
  const isZero = (from: number, to: number): boolean => words.slice(from, to).every((word) => word === 0);
  // Mapped (::ffff:a.b.c.d), compatible (::a.b.c.d), translated (64:ff9b::a.b.c.d) and 6to4 (2002:abcd::) hide an IPv4 address.
  if (isZero(0, 5) && words[5] === 0xffff) return !isPrivateV4(low);
  if (isZero(0, 4) && words[4] === 0xffff && words[5] === 0) return !isPrivateV4(low);
  if (isZero(0, 6)) return false;
  if (first === 0x64 && second === 0xff9b) return isZero(2, 6) && !isPrivateV4(low);
  if (first === 0x2002) return !isPrivateV4((second * 65_536 + (words[2] as number)) >>> 0);
  // Only 2000::/3 is given out; of it, Teredo, documentation and benchmarks are no hosts.
  if (first < 0x2000 || first > 0x3fff) return false;
  return !(first === 0x2001 && (second === 0 || second === 2 || second === 0xdb8 || (second >= 0x10 && second <= 0x2f)));
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0;
}

/** Eight words of an IPv6 address. */
function expand(address: string): readonly number[] | undefined {
  let text = address.replace(/%.*$/, '');
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (dotted !== undefined) {
    const value = toNumber(dotted);
    text = `${text.slice(0, -dotted.length)}${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
  }
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  if (gap < 0) return undefined;
  const words = [...left, ...new Array<string>(gap).fill('0'), ...right].map((word) => Number.parseInt(word, 16));
  return words.length === 8 && words.every((word) => word >= 0 && word <= 0xffff) ? words : undefined;
}
