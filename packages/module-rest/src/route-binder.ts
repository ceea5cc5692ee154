import { isMotiaError, type MotiaError, type Trigger, type TriggerChange, type TriggerRejections } from '@motia/engine-core/contract';
import { restErrors, type RouteOwner } from './errors.js';
import type { MiddlewareSet } from './middleware-set.js';
import { makeRoute, type Route } from './route.js';
import { RouteTable } from './route-table.js';
import type { HttpTriggerOptions } from './trigger-config.js';
import type { HttpTriggerConfig } from './trigger-schema.js';

export interface BinderOptions {
  readonly triggerOptions: HttpTriggerOptions;
  readonly defaultTimeoutMs: number;
  readonly isTrailingSlashStrict: boolean;
  /** The reserved path that a route would shadow, if any. */
  readonly reservedBy: (path: string) => string | undefined;
  /** Whether requests can be run from a queue. Default: they cannot. */
  readonly canAccept?: () => boolean;
  /** What stands before routes; asked again by {@link RouteBinder.middlewareChanged}. */
  readonly middleware?: () => MiddlewareSet;
}

/**
 * Keeps the set of bound triggers and publishes a new table after each change, in one assignment: a request sees the
 * routes before or after it, never between.
 *
 * A place (method and shape) belongs to one function. While a reload is under way two generations of its trigger may be
 * bound: the newest serves, and the older one takes over again if the newest leaves first.
 */
export class RouteBinder {
  readonly #options: BinderOptions;
  /** Newest generation first. */
  readonly #places = new Map<string, Route[]>();
  readonly #placeOf = new Map<string, string>();
  #table: RouteTable<Route>;

  constructor(options: BinderOptions) {
    this.#options = options;
    this.#table = new RouteTable<Route>([], options);
  }

  get table(): RouteTable<Route> {
    return this.#table;
  }

  routes(): readonly Route[] {
    return [...this.#places.values()].flatMap((routes) => routes.slice(0, 1));
  }

  /** What {@link apply} would refuse of a change. */
  check(change: TriggerChange<HttpTriggerConfig>): TriggerRejections {
    const rejections = new Map<string, MotiaError>();
    const gone = new Set(change.removed.map(({ id }) => id));
    const holders = new Map<string, Route>();
    for (const [place, routes] of this.#places) {
      const holder = routes.find(({ trigger }) => !gone.has(trigger.id));
      if (holder !== undefined) holders.set(place, holder);
    }
    for (const trigger of change.added) {
      const made = this.#make(trigger);
      const problem = isMotiaError(made) ? made : conflictOf(made, holders.get(placeOf(made)));
      if (problem !== undefined) rejections.set(trigger.id, problem);
      else if (!isMotiaError(made)) holders.set(placeOf(made), made);
    }
    return rejections;
  }

  /** Removals first. Triggers that cannot be bound come back with their reason; the others serve when this returns. */
  apply(change: TriggerChange<HttpTriggerConfig>): TriggerRejections {
    const rejections = new Map<string, MotiaError>();
    for (const trigger of change.removed) this.#remove(trigger.id);
    for (const trigger of change.added) {
      const problem = this.#add(trigger);
      if (problem !== undefined) rejections.set(trigger.id, problem);
    }
    this.#publish();
    return rejections;
  }

  /** Middleware came or went: every route learns what stands before it now. */
  middlewareChanged(): void {
    this.#publish();
  }

  #publish(): void {
    const middleware = this.#options.middleware?.();
    const routes = this.routes();
    for (const route of routes) route.middleware = middleware?.standingBefore(route, route.trigger.config.middleware_function_ids);
    this.#table = new RouteTable(routes, this.#options);
  }

  #remove(triggerId: string): void {
    const place = this.#placeOf.get(triggerId);
    if (place === undefined) return;
    this.#placeOf.delete(triggerId);
    const left = (this.#places.get(place) ?? []).filter((route) => route.trigger.id !== triggerId);
    if (left.length === 0) this.#places.delete(place);
    else this.#places.set(place, left);
  }

  #add(trigger: Trigger<HttpTriggerConfig>): MotiaError | undefined {
    const route = this.#make(trigger);
    if (isMotiaError(route)) return route;
    this.#remove(trigger.id);
    const place = placeOf(route);
    const routes = this.#places.get(place) ?? [];
    const conflict = conflictOf(route, routes[0]);
    if (conflict !== undefined) return conflict;
    this.#places.set(place, [...routes, route].sort((a, b) => b.trigger.generation - a.trigger.generation));
    this.#placeOf.set(trigger.id, place);
    return undefined;
  }

  /** The route of a trigger, or why it can have none. */
  #make(trigger: Trigger<HttpTriggerConfig>): Route | MotiaError {
    let route: Route;
    try {
      route = makeRoute(trigger, this.#options.triggerOptions.settingsOf(trigger.config), this.#options.defaultTimeoutMs);
    } catch (error) {
      if (isMotiaError(error)) return error;
      throw error;
    }
    const { path } = route.pattern;
    if (route.accepted !== undefined && this.#options.canAccept?.() !== true) return restErrors.QUEUE_MISSING({ functionId: route.functionId });
    const reserved = this.#options.reservedBy(path);
    return reserved === undefined ? route : restErrors.RESERVED_PATH({ path, reserved });
  }
}

function placeOf({ method, pattern }: Route): string {
  return `${method} ${pattern.shape}`;
}

/** A place belongs to one function. */
function conflictOf(route: Route, holder: Route | undefined): MotiaError | undefined {
  if (holder === undefined || holder.functionId === route.functionId) return undefined;
  return restErrors.ROUTE_CONFLICT({ method: route.method, path: route.pattern.path, holder: ownerOf(holder), newcomer: ownerOf(route) });
}

function ownerOf(route: Route): RouteOwner {
  return { functionId: route.functionId, path: route.pattern.path, owners: route.trigger.owners };
}
