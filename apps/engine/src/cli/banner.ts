import type { JsonSchema } from '@motia/engine-core/contract';
import { sampleOf } from './sample-value.js';

export interface BannerRoute {
  readonly method: string;
  readonly path: string;
  readonly functionId: string;
  readonly bodySchema?: JsonSchema;
}
export interface BannerFacts {
  readonly version: string;
  readonly readyInMs: number;
  readonly listeners: readonly { readonly name: string; readonly url: string }[];
  readonly routes: readonly BannerRoute[];
  readonly processes: readonly { readonly command: string; readonly state: string; readonly pid?: number }[];
  /** Modules that are up but not well, with their reason. */
  readonly troubles: readonly { readonly component: string; readonly reason: string }[];
}

const maxRoutesShown = 40;

/** What a person sees when the engine is ready: ports, routes, and a `curl` line that works as it is. */
export function renderBanner(facts: BannerFacts): string {
  const lines = ['', `  iii ${facts.version} ready in ${Math.round(facts.readyInMs)} ms`, ''];
  for (const { name, url } of facts.listeners) lines.push(`  ${name.padEnd(8)} ${url}`);
  if (facts.routes.length > 0) {
    lines.push('', '  Routes');
    for (const route of facts.routes.slice(0, maxRoutesShown)) lines.push(`    ${route.method.padEnd(7)} ${route.path.padEnd(28)} ${route.functionId}`);
    if (facts.routes.length > maxRoutesShown) lines.push(`    … and ${facts.routes.length - maxRoutesShown} more (iii functions)`);
  }
  if (facts.processes.length > 0) {
    lines.push('', '  Processes');
    for (const { command, state, pid } of facts.processes) lines.push(`    ${command.padEnd(36)} ${state}${pid === undefined ? '' : ` (pid ${pid})`}`);
  }
  for (const { component, reason } of facts.troubles) lines.push('', `  ! ${component}: ${headline(reason)}`);
  const base = facts.listeners.find((listener) => listener.name === 'REST')?.url;
  const command = base === undefined ? undefined : curlLine(base, facts.routes);
  if (command !== undefined) lines.push('', '  Try', `    ${command}`);
  return [...lines, '', ''].join('\n');
}

/** The log above holds the rest. */
function headline(reason: string): string {
  const [first = '', ...rest] = reason.split('\n');
  return rest.length === 0 ? first : `${first} (see above)`;
}

/** A shell line that calls the simplest route: GET without parameters first, then GET, then the rest. */
export function curlLine(baseUrl: string, routes: readonly BannerRoute[]): string | undefined {
  const effort = (route: BannerRoute) => (route.method === 'GET' ? 0 : 2) + (route.path.includes(':') ? 1 : 0);
  const [simplest] = [...routes].sort((a, b) => effort(a) - effort(b));
  if (simplest === undefined) return undefined;
  const path = simplest.path.replace(/:[A-Za-z0-9_]+/g, '1');
  const url = quote(`${baseUrl}${path.startsWith('/') ? '' : '/'}${path}`);
  if (simplest.method === 'GET') return `curl ${url}`;
  if (simplest.method === 'HEAD') return `curl --head ${url}`;
  const body = simplest.bodySchema === undefined ? {} : sampleOf(simplest.bodySchema);
  return `curl -X ${simplest.method} ${url} -H 'content-type: application/json' -d ${quote(JSON.stringify(body))}`;
}

/** Quotes for a POSIX shell, only where it is needed. */
function quote(text: string): string {
  return /^[A-Za-z0-9_./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
