import type { AnyModuleDefinition } from '../contract/module.js';
import type { Refs } from '../contract/ref.js';
import type { OrderedModule } from './start-order.js';

/** A module that is to run: its options are proven already. */
export interface PlannedModule extends OrderedModule {
  readonly definition: AnyModuleDefinition;
  readonly options: unknown;
}

export function planModule(definition: AnyModuleDefinition, id: string, options: unknown): PlannedModule {
  const idsOf = (refs: unknown): readonly string[] => Object.values((refs ?? {}) as Refs).map((ref) => ref.id);
  return {
    id,
    definition,
    options,
    requires: idsOf(definition.requires),
    optional: idsOf(definition.optional),
    startsLast: definition.startsLast === true,
    provides: idsOf(definition.provides),
  };
}

/** `@motia/module-rest` is `rest`, `@acme/iii-kafka` is `kafka`. */
export function instanceName(packageName: string): string {
  const last = packageName.slice(packageName.lastIndexOf('/') + 1);
  return last.replace(/^(?:iii-|motia-)?(?:module-)?/, '') || last;
}
