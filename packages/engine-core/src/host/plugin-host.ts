import type { AdapterSlot, AnyAdapterDefinition, PluginChoice } from '../contract/adapter.js';
import type { Logger } from '../contract/logger.js';
import type { PluginContext } from '../contract/module.js';
import type { Ref, Refs } from '../contract/ref.js';
import { engineErrors } from '../errors.js';
import type { HealthBoard } from './health-board.js';
import { pluginContext, type HostEnvironment } from './plugin-context.js';
import { createPlugin, type PhaseTimeouts, type Plugin } from './plugin.js';
import { instanceName, planModule, type PlannedModule } from './planned-module.js';
import { startOrder } from './start-order.js';

export interface PluginHostOptions {
  readonly environment: HostEnvironment;
  readonly health: HealthBoard;
  readonly logger: Logger;
  readonly timeouts: PhaseTimeouts;
  /** Packages that would provide a service, for errors. */
  readonly providersOf: (service: string) => readonly string[];
  /** After a module was created, for services that the engine itself uses. */
  readonly onProvided: (service: string, value: unknown) => void;
}

/** Runs plugins: create, start, drain, stop, in dependency order and back. Each method is called at most once. */
export interface PluginHost {
  /** Creates every module, each after those it uses. @throws AggregateError of everything that failed; what was created stays until `stop` */
  create(modules: readonly PlannedModule[]): Promise<void>;
  /** Starts what was created, in order, up to the first failure. @throws that failure */
  start(): Promise<void>;
  /** Drains everything at the same time. Answers what went wrong. */
  drain(deadline: AbortSignal): Promise<readonly unknown[]>;
  /** Stops everything in reverse order, whatever happens. Answers what went wrong. */
  stop(): Promise<readonly unknown[]>;
  /** The first service provided under a ref's id. */
  service(id: string): unknown;
  /** Modules that adapters brought with them. */
  brought(): readonly PlannedModule[];
  list(): readonly { readonly id: string; readonly state: Plugin['state'] }[];
}

/**
 * @param interrupt looked at before each step of `create` and `start`: once aborted they end early without error
 */
export function createPluginHost(options: PluginHostOptions, interrupt: AbortSignal): PluginHost {
  const { environment, health, logger, timeouts } = options;
  /** In start order: an adapter stands before the module it belongs to. */
  const plugins: Plugin[] = [];
  const services = new Map<string, unknown>();
  const brought: PlannedModule[] = [];

  async function createModule(module: PlannedModule): Promise<void> {
    const { definition } = module;
    const registries = environment.registriesFor(module.id);
    const component = health.component(module.id);
    let adapters = 0;
    const context = pluginContext(environment, {
      instanceId: module.id,
      source: definition.name,
      health: component,
      registries,
      requires: (definition.requires ?? {}) as Refs,
      optional: (definition.optional ?? {}) as Refs,
      service: (ref) => services.get(ref.id),
      adapter: ((slot: AdapterSlot<unknown>, choice?: PluginChoice) => {
        adapters += 1;
        return createAdapter(`${module.id}/adapter${adapters === 1 ? '' : `-${adapters}`}`, slot, choice);
      }) as PluginContext['adapter'],
    });
    const created = await createPlugin(
      {
        id: module.id, clock: environment.clock, timeouts,
        release: () => {
          registries.dispose();
          health.remove(module.id);
        },
        onStarted: () => component.settle(),
      },
      () => definition.create(context, module.options),
    );
    plugins.push(created.plugin);
    provide(module, (created.lifecycle.services ?? {}) as Readonly<Record<string, unknown>>);
  }

  function provide(module: PlannedModule, values: Readonly<Record<string, unknown>>): void {
    for (const [key, ref] of Object.entries<Ref<unknown>>((module.definition.provides ?? {}) as Refs)) {
      const value = values[key];
      if (value === undefined) {
        throw engineErrors.MODULE_FAILED({ module: module.id, phase: 'create', reason: `it declares the service ${ref.id} and did not return it as services.${key}` });
      }
      // Several instances of one module: the first speaks for all.
      if (services.has(ref.id)) continue;
      services.set(ref.id, value);
      options.onProvided(ref.id, value);
    }
  }

  async function createAdapter(id: string, slot: AdapterSlot<unknown>, choice: PluginChoice | undefined): Promise<{ readonly service: unknown; readonly supports: ReadonlySet<string> }> {
    const { definition, options: adapterOptions } = await environment.resolveAdapter(slot, choice);
    await bringMissing(id, definition);
    const registries = environment.registriesFor(id);
    const component = health.component(id);
    const context = pluginContext(environment, {
      instanceId: id,
      source: definition.name,
      health: component,
      registries,
      requires: (definition.requires ?? {}) as Refs,
      optional: {},
      service: (ref) => services.get(ref.id),
      adapter: ((inner: AdapterSlot<unknown>, innerChoice?: PluginChoice) => createAdapter(`${id}/adapter`, inner, innerChoice)) as PluginContext['adapter'],
    });
    const created = await createPlugin(
      {
        id, clock: environment.clock, timeouts,
        release: () => {
          registries.dispose();
          health.remove(id);
        },
        onStarted: () => component.settle(),
      },
      () => definition.create(context, adapterOptions),
    );
    plugins.push(created.plugin);
    return { service: created.lifecycle.service, supports: new Set(definition.capabilities) };
  }

  /** Sees to it that everything an adapter requires is there: what no module provides comes from those that it brings. */
  async function bringMissing(id: string, definition: AnyAdapterDefinition): Promise<void> {
    for (const { id: service } of Object.values((definition.requires ?? {}) as Refs)) {
      if (services.has(service)) continue;
      const provider = definition.brings?.find(({ provides }) => Object.values((provides ?? {}) as Refs).some((ref) => ref.id === service));
      if (provider === undefined) throw engineErrors.SERVICE_MISSING({ module: id, service, providers: options.providersOf(service) });
      const module = planModule(provider, instanceName(provider.name), provider.options.parse(undefined));
      const before = plugins.length;
      await createModule(module);
      brought.push(module);
      // Whoever asked for it may stand behind modules that listen; it starts before them all the same.
      if (provider.startsFirst === true) plugins.unshift(...plugins.splice(before));
    }
  }

  return {
    async create(modules) {
      const errors: unknown[] = [];
      const failed = new Set<string>();
      for (const module of startOrder(modules, options.providersOf)) {
        if (interrupt.aborted) return;
        // A module whose provider failed would only report the same fault again.
        if (module.requires.some((service) => failed.has(service))) {
          for (const service of module.provides) failed.add(service);
          continue;
        }
        try {
          await createModule(module);
        } catch (error) {
          errors.push(error);
          for (const service of module.provides) failed.add(service);
        }
      }
      if (errors.length > 0) throw new AggregateError(errors);
    },
    async start() {
      for (const plugin of plugins) {
        if (interrupt.aborted) return;
        const begunAtMs = environment.clock.monotonicMs();
        await plugin.start(interrupt);
        logger.debug('module started', { module: plugin.id, durationMs: Math.round(environment.clock.monotonicMs() - begunAtMs) });
      }
    },
    async drain(deadline) {
      const outcomes = await Promise.allSettled([...plugins].reverse().map((plugin) => plugin.drain(deadline)));
      return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    },
    async stop() {
      const errors: unknown[] = [];
      for (const plugin of [...plugins].reverse()) {
        try {
          await plugin.stop();
        } catch (error) {
          errors.push(error);
        }
      }
      return errors;
    },
    service: (id) => services.get(id),
    brought: () => brought,
    list: () => plugins.map(({ id, state }) => ({ id, state })),
  };
}
