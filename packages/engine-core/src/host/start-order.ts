import { engineErrors } from '../errors.js';

/** A module as the order sees it. Services are named by the ids of their refs. */
export interface OrderedModule {
  /** Unique within the engine. */
  readonly id: string;
  /** The definition behind it: only instances of one definition may provide the same service. */
  readonly definition: unknown;
  readonly requires: readonly string[];
  readonly optional: readonly string[];
  readonly provides: readonly string[];
  /** Starts after every module that does not say so, as far as services allow. */
  readonly startsLast?: boolean;
}

/**
 * Providers before the modules that use them, `startsLast` behind the others; where nothing is said, the order given. An optional service never makes
 * a circle: a module that would wait for itself through an optional service starts without waiting for it. Nor does it pull a module that starts last forward.
 *
 * @param providersOf names packages that would provide a service, for the error's remedy
 * @throws `MOTIA_ENGINE_SERVICE_MISSING`, `MOTIA_ENGINE_SERVICE_CONFLICT`, `MOTIA_ENGINE_DEPENDENCY_CYCLE`
 */
export function startOrder<M extends OrderedModule>(modules: readonly M[], providersOf: (service: string) => readonly string[] = () => []): readonly M[] {
  const providers = providersByService(modules);
  for (const module of modules) {
    const missing = module.requires.find((service) => !providers.has(service));
    if (missing !== undefined) throw engineErrors.SERVICE_MISSING({ module: module.id, service: missing, providers: providersOf(missing) });
  }
  const ordered: M[] = [];
  const placed = new Set<M>();
  const isMet = (module: M, service: string): boolean => (providers.get(service) ?? []).every((provider) => provider === module || placed.has(provider));
  while (ordered.length < modules.length) {
    const waiting = modules.filter((module) => !placed.has(module));
    // Whoever starts last is not waited for by those that can do without: its service is there when they ask for it later.
    const isOffered = (module: M, service: string): boolean => isMet(module, service) || (module.startsLast !== true && (providers.get(service) ?? []).every((provider) => provider.startsLast === true || placed.has(provider)));
    const isReady = (module: M): boolean => module.requires.every((service) => isMet(module, service)) && module.optional.every((service) => isOffered(module, service));
    const next =
      waiting.find((module) => module.startsLast !== true && isReady(module)) ??
      waiting.find(isReady) ??
      waiting.find((module) => module.requires.every((service) => isMet(module, service)));
    if (next === undefined) throw engineErrors.DEPENDENCY_CYCLE({ cycle: findCycle(waiting, providers) });
    placed.add(next);
    ordered.push(next);
  }
  return ordered;
}

function providersByService<M extends OrderedModule>(modules: readonly M[]): ReadonlyMap<string, readonly M[]> {
  const providers = new Map<string, M[]>();
  for (const module of modules) {
    for (const service of module.provides) {
      const others = providers.get(service) ?? [];
      if (others.some((other) => other.definition !== module.definition)) {
        throw engineErrors.SERVICE_CONFLICT({ service, modules: [...others, module].map(({ id }) => id) });
      }
      providers.set(service, [...others, module]);
    }
  }
  return providers;
}

/** Every waiting module waits for another one, so following the first unmet requirement must come back somewhere. */
function findCycle<M extends OrderedModule>(waiting: readonly M[], providers: ReadonlyMap<string, readonly M[]>): readonly string[] {
  const path: M[] = [];
  let current = waiting[0];
  while (current !== undefined && !path.includes(current)) {
    path.push(current);
    const module: M = current;
    current = module.requires.flatMap((service) => providers.get(service) ?? []).find((provider) => provider !== module && waiting.includes(provider));
  }
  const start = current === undefined ? 0 : path.indexOf(current);
  return [...path.slice(start), ...(current === undefined ? [] : [current])].map(({ id }) => id);
}
