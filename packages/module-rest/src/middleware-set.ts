import type { MotiaError, Trigger, TriggerChange, TriggerRejections } from '@motia/engine-core/contract';
import { parseMountPath, type HttpMiddlewareConfig } from './middleware-config.js';
import type { Route } from './route.js';
import type { RouteSegment } from './route-pattern.js';

/** Middleware as a request meets it. */
export interface Middleware {
  readonly functionId: string;
  /** Undefined for middleware that the config or a route names by function id. */
  readonly trigger: Trigger | undefined;
  readonly timeoutMs: number | undefined;
}

interface Entry extends Middleware {
  readonly priority: number;
  readonly generation: number;
  readonly segments: readonly RouteSegment[];
  readonly methods: ReadonlySet<string> | undefined;
}

/** One entry of the option `middleware`. */
export interface ConfiguredMiddleware extends HttpMiddlewareConfig {
  readonly function_id: string;
}

/**
 * Engine-wide middleware: what the config names and what is registered as `http_middleware` triggers. Which of it stands
 * before a route is worked out when routes or middleware change, never for a request.
 */
export class MiddlewareSet {
  readonly #configured: readonly Entry[];
  readonly #registered = new Map<string, Entry>();
  #ordered: readonly Entry[];
  readonly #onChanged: () => void;

  constructor(configured: readonly ConfiguredMiddleware[], onChanged: () => void) {
    this.#configured = configured.map((entry) => makeEntry(entry.function_id, entry, undefined));
    this.#ordered = byPriority(this.#configured);
    this.#onChanged = onChanged;
  }

  apply(change: TriggerChange<HttpMiddlewareConfig>): TriggerRejections {
    const rejections = new Map<string, MotiaError>();
    for (const trigger of change.removed) this.#registered.delete(trigger.id);
    for (const trigger of change.added) this.#registered.set(trigger.id, makeEntry(trigger.functionId, trigger.config, trigger));
    this.#ordered = byPriority([...this.#configured, ...newestOfEach(this.#registered.values())]);
    this.#onChanged();
    return rejections;
  }

  /** In the order in which it runs, each function once; undefined when the route has none. */
  standingBefore(route: Pick<Route, 'method' | 'pattern'>, namedByRoute: readonly string[] | undefined): readonly Middleware[] | undefined {
    if (this.#ordered.length === 0 && namedByRoute === undefined) return undefined;
    const standing = new Map<string, Middleware>();
    for (const entry of this.#ordered) {
      if (entry.methods?.has(route.method) === false || !covers(entry.segments, route.pattern.segments)) continue;
      if (!standing.has(entry.functionId)) standing.set(entry.functionId, entry);
    }
    for (const functionId of namedByRoute ?? []) {
      if (!standing.has(functionId)) standing.set(functionId, { functionId, trigger: undefined, timeoutMs: undefined });
    }
    return standing.size === 0 ? undefined : [...standing.values()];
  }
}

function makeEntry(functionId: string, config: HttpMiddlewareConfig, trigger: Trigger | undefined): Entry {
  return {
    functionId,
    trigger,
    timeoutMs: config.timeout_ms,
    priority: config.priority,
    generation: trigger?.generation ?? 0,
    segments: config.path === undefined ? [] : parseMountPath(config.path),
    methods: config.methods === undefined ? undefined : new Set(config.methods.flatMap((method) => (method.toUpperCase() === 'GET' ? ['GET', 'HEAD'] : [method.toUpperCase()]))),
  };
}

/** While a reload is under way two generations of a function may have registered it differently; the newest counts. */
function newestOfEach(entries: Iterable<Entry>): Entry[] {
  const newest = new Map<string, number>();
  const all = [...entries];
  for (const { functionId, generation } of all) newest.set(functionId, Math.max(newest.get(functionId) ?? 0, generation));
  return all.filter(({ functionId, generation }) => newest.get(functionId) === generation);
}

/** The sort is stable: the order of the config stays where priorities are equal. */
function byPriority(entries: readonly Entry[]): readonly Entry[] {
  const place = (entry: Entry): string => (entry.trigger === undefined ? '' : entry.functionId);
  return [...entries].sort((a, b) => a.priority - b.priority || (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
}

function covers(mount: readonly RouteSegment[], route: readonly RouteSegment[]): boolean {
  if (mount.length > route.length) return false;
  return mount.every((segment, index) => {
    const other = route[index];
    if (segment.kind === 'literal') return other?.kind === 'literal' && other.text === segment.text;
    return other !== undefined && other.kind !== 'rest';
  });
}
