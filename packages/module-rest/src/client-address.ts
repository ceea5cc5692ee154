import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv4, isIPv6, type Socket } from 'node:net';
import { restErrors } from './errors.js';

/** Who sent a request, and how. */
export interface Client {
  readonly address: string;
  readonly protocol: 'http' | 'https';
  /** Both as members of a JSON object. */
  readonly json: string;
}

/** Whether the machine at an address, so many hops away from us, may say who came before it. */
type Trust = (address: string, hop: number) => boolean;

const names: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** Kept on the socket: without a proxy all requests of a connection come from one client. */
const known = Symbol('client');
type KnownSocket = Socket & { [known]?: Client };

/**
 * Finds the client of a request. `false` trusts nobody, `true` everybody, a number so many hops, a list the addresses and
 * networks in it (`loopback`, `linklocal`, `uniquelocal` stand for theirs), all as `trust proxy` of Express.
 */
export class ClientFinder {
  readonly #trusts: Trust | undefined;

  /** @throws Error for an entry that is no address, network or name */
  constructor(trusted: boolean | number | readonly string[]) {
    this.#trusts = trusted === false || trusted === 0 ? undefined : compileTrust(trusted);
  }

  of(request: IncomingMessage): Client {
    const { socket } = request;
    // A host application has its own idea of whom to trust.
    const { ip, protocol } = request as { ip?: unknown; protocol?: unknown };
    if (typeof ip === 'string') return client(ip, protocol === 'https');
    if (this.#trusts === undefined) return ((socket as KnownSocket)[known] ??= client(plain(socket.remoteAddress), isEncrypted(socket)));
    return forwarded(request, this.#trusts);
  }

  /** For Express apps in front of and behind the routes. */
  get trust(): Trust {
    return this.#trusts ?? (() => false);
  }
}

/** The finder of a module. @throws `MOTIA_REST_INVALID_PROXY` */
export function clientFinder(trusted: boolean | number | readonly string[]): ClientFinder {
  try {
    return new ClientFinder(trusted);
  } catch (error) {
    throw restErrors.INVALID_PROXY({ problem: (error as Error).message, exitCode: 78 }, error);
  }
}

/** @throws Error naming the entry that cannot be understood */
export function compileTrust(trusted: boolean | number | readonly string[]): Trust {
  if (typeof trusted === 'boolean') return () => trusted;
  if (typeof trusted === 'number') return (_address, hop) => hop < trusted;
  const networks = new BlockList();
  for (const entry of trusted.flatMap((name) => names[name] ?? [name])) addNetwork(networks, entry);
  return (address) => (isIPv4(address) ? networks.check(address, 'ipv4') : isIPv6(address) && networks.check(address, 'ipv6'));
}

function addNetwork(networks: BlockList, entry: string): void {
  const [address = '', bits, ...rest] = entry.split('/');
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
  const width = family === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? width : Number(bits);
  if (family === undefined || rest.length > 0 || !/^\d*$/.test(bits ?? '') || bits === '' || prefix > width) {
    throw new Error(`"${entry}" is no IP address, network (10.0.0.0/8), or one of ${Object.keys(names).join(', ')}`);
  }
  networks.addSubnet(address, prefix, family);
}

/** From the nearest machine outwards: the first that is not trusted is the client. */
function forwarded(request: IncomingMessage, trusts: Trust): Client {
  const { socket, headers } = request;
  const nearest = plain(socket.remoteAddress);
  const isOwnWord = !trusts(nearest, 0);
  const protocol = isOwnWord ? undefined : first(headers['x-forwarded-proto'])?.toLowerCase();
  const isSecure = protocol === undefined || (protocol !== 'http' && protocol !== 'https') ? isEncrypted(socket) : protocol === 'https';
  if (isOwnWord) return client(nearest, isSecure);
  const hops = list(headers['x-forwarded-for']);
  let address = nearest;
  for (let hop = 0; hop <= hops.length; hop += 1) {
    const next = hop === 0 ? nearest : hops[hops.length - hop];
    if (next === undefined) break;
    // What a trusted machine passes on may still be nonsense; then the machine itself is the last one known.
    if (!isIPv4(next) && !isIPv6(next)) break;
    address = next;
    if (!trusts(next, hop)) break;
  }
  return client(address, isSecure);
}

function client(address: string, isSecure: boolean): Client {
  const protocol = isSecure ? 'https' : 'http';
  return { address, protocol, json: `"client_address":${JSON.stringify(address)},"protocol":"${protocol}"` };
}

/** IPv4 clients of a dual-stack socket are shown as IPv4. */
function plain(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function isEncrypted(socket: Socket): boolean {
  return 'encrypted' in socket && socket.encrypted === true;
}

function list(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  const text = typeof header === 'string' ? header : header.join(',');
  return text.split(',').map((part) => plain(part.trim())).filter((part) => part !== '');
}

function first(header: string | string[] | undefined): string | undefined {
  return list(header)[0];
}
