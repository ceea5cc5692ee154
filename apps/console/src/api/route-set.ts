import { consoleErrors } from '../errors.js';
import { apiPrefix, type ApiRoute } from './api-route.js';

interface Compiled {
  readonly route: ApiRoute;
  readonly segments: readonly string[];
}

/** Finds the route of a path. A literal segment wins over a parameter. */
export class RouteSet {
  readonly #bySize = new Map<number, Compiled[]>();

  constructor(routes: readonly ApiRoute[]) {
    for (const route of routes) {
      const segments = route.path.split('/').slice(1);
      const same = this.#bySize.get(segments.length) ?? [];
      same.push({ route, segments });
      this.#bySize.set(segments.length, same);
    }
    for (const same of this.#bySize.values()) same.sort((a, b) => rank(a) - rank(b));
  }

  /**
   * @param path below `/api/v1`, still percent-encoded
   * @throws `MOTIA_CONSOLE_NOT_FOUND`, `MOTIA_CONSOLE_METHOD_NOT_ALLOWED`
   */
  find(method: string, path: string): { readonly route: ApiRoute; readonly params: Readonly<Record<string, string>> } {
    const segments = path.split('/').slice(1).map(decodedSegment);
    if (segments.includes(undefined)) throw consoleErrors.NOT_FOUND({ path: `${apiPrefix}${path}` });
    const given = segments as readonly string[];
    const fitting = (this.#bySize.get(given.length) ?? []).filter((entry) => entry.segments.every((segment, index) => segment.startsWith(':') || segment === given[index]));
    const best = fitting[0];
    if (best === undefined) throw consoleErrors.NOT_FOUND({ path: `${apiPrefix}${path}` });
    const found = fitting.find(({ route, segments: shape }) => route.method === method && rank({ route, segments: shape }) === rank(best)) ?? fitting.find(({ route }) => route.method === method);
    if (found === undefined) throw consoleErrors.METHOD_NOT_ALLOWED({ allowed: [...new Set(fitting.map(({ route }) => route.method))] });
    return { route: found.route, params: Object.fromEntries(found.segments.flatMap((segment, index) => (segment.startsWith(':') ? [[segment.slice(1), given[index] ?? '']] : []))) };
  }
}

/** Fewer parameters first, and later ones before earlier ones. */
function rank({ segments }: Compiled): number {
  return segments.reduce((sum, segment, index) => sum + (segment.startsWith(':') ? 2 ** (segments.length - index) : 0), 0);
}

function decodedSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
