import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { EngineAddress } from './engine-address.js';
import { remoteErrors } from './errors.js';

/** PEM files for `tls://`; read at each connection, so that renewed ones are taken up. */
export interface EngineTlsFiles {
  /** Authority of the engine's certificate; default: what Node trusts (`NODE_EXTRA_CA_CERTS` adds to it). */
  readonly ca?: string | undefined;
  /** Certificate and key of this process, where the engine asks for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface ConnectOptions {
  readonly tls?: EngineTlsFiles;
  /** From the first packet to the end of a TLS handshake. Default 10,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const keepAliveDelayMs = 15_000;

/** Opens the connection. @throws `MOTIA_SDK_ENGINE_UNREACHABLE`, `MOTIA_SDK_ENGINE_TLS_UNREADABLE` */
export function connectEngine(address: EngineAddress, { tls = {}, timeoutMs = 10_000, signal }: ConnectOptions = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = open(address, tls);
    const unreachable = (reason: string, cause?: unknown): void => settle(() => reject(remoteErrors.ENGINE_UNREACHABLE({ address: address.text, reason }, cause)));
    const timer = setTimeout(() => unreachable(`not within ${timeoutMs} ms`), timeoutMs);
    const interrupted = (): void => unreachable('this process is ending');
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupted);
      socket.off('error', failed);
      if (!isOpen) socket.on('error', () => undefined).destroy();
      act();
    };
    const failed = (error: NodeJS.ErrnoException): void => unreachable(untrusted.test(error.code ?? '') ? `${reasonOf(error)} (name its authority in III_ENGINE_CA_FILE)` : reasonOf(error), error);
    let isOpen = false;
    socket.once('error', failed);
    socket.once(address.kind === 'tls' ? 'secureConnect' : 'connect', () => {
      isOpen = true;
      socket.setNoDelay(true);
      socket.setKeepAlive(true, keepAliveDelayMs);
      settle(() => resolve(socket));
    });
    if (signal?.aborted === true) interrupted();
    else signal?.addEventListener('abort', interrupted, { once: true });
  });
}

/** Certificates of an authority that Node does not know. */
const untrusted = /^(?:UNABLE_TO_(?:VERIFY|GET)|SELF_SIGNED|DEPTH_ZERO_SELF_SIGNED)/;

function open(address: EngineAddress, tls: EngineTlsFiles): Socket {
  if (address.kind === 'unix') return connect(address.path);
  const { host, port } = address;
  if (address.kind === 'tcp') return connect({ host, port });
  const options: ConnectionOptions = { host, port, ...(isIP(host) === 0 ? { servername: host } : {}) };
  if (tls.ca !== undefined) options.ca = read('III_ENGINE_CA_FILE', tls.ca);
  if (tls.cert !== undefined) options.cert = read('III_ENGINE_CERT_FILE', tls.cert);
  if (tls.key !== undefined) options.key = read('III_ENGINE_KEY_FILE', tls.key);
  return connectTls(options);
}

function read(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw remoteErrors.ENGINE_TLS_UNREADABLE({ variable, file, reason: (error as NodeJS.ErrnoException).code ?? String(error) }, error);
  }
}

/** Several addresses of one name fail together, with an empty message of their own. */
function reasonOf(error: NodeJS.ErrnoException): string {
  if (error instanceof AggregateError) return [...new Set((error.errors as Error[]).map(({ message }) => message))].join(', ');
  return error.message;
}
