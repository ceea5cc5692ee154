import { remoteErrors } from './errors.js';

/** Where an engine listens for workers. */
export type EngineAddress =
  | { readonly kind: 'tcp' | 'tls'; readonly host: string; readonly port: number; readonly text: string }
  | { readonly kind: 'unix'; readonly path: string; readonly text: string };

const defaultPort = 49_134;

/** Reads `tcp://host:port`, `tls://host:port` (port 49134 when left out) or `unix:///path`. @throws `MOTIA_SDK_ENGINE_URL_INVALID` */
export function parseEngineAddress(text: string): EngineAddress {
  const fail = (problem: string): never => {
    throw remoteErrors.ENGINE_URL_INVALID({ problem });
  };
  const url = URL.canParse(text) ? new URL(text) : fail(`"${withoutSecrets(text)}" is no URL`);
  if (url.username !== '' || url.password !== '') fail('a token does not belong into it; set III_ENGINE_TOKEN');
  if (url.protocol === 'unix:') {
    if (url.host !== '' || !url.pathname.startsWith('/') || url.pathname === '/') fail(`"${text}" names no absolute path (unix:///path)`);
    return { kind: 'unix', path: decodeURIComponent(url.pathname), text };
  }
  if (url.protocol !== 'tcp:' && url.protocol !== 'tls:') fail(`"${url.protocol}" is not tcp:, tls: or unix:`);
  if (url.hostname === '') fail(`"${text}" names no host`);
  if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '') fail(`"${text}" has more than host and port`);
  if (url.port === '0') fail('0 is no port to connect to');
  const kind = url.protocol === 'tls:' ? 'tls' : 'tcp';
  return { kind, host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port === '' ? defaultPort : Number(url.port), text };
}

/** What stands before an `@` may be a password. */
function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@');
}
