import type { AnyModuleDefinition } from '../contract/module.js';
import type { Refs } from '../contract/ref.js';
import type { OrderedModule } from './start-order.js';

/** Who asked for a module, and with what. */
export interface ModuleSource {
  readonly from: 'file' | 'code';
  /** In the config file. */
  readonly line?: number;
  readonly given: unknown;
  /** What stands in the file where a variable was put in, by pointer from the options. */
  readonly writtenAt: (pointer: string) => string | undefined;
}

/** A module that is to run: its options are proven already. */
export interface PlannedModule extends OrderedModule {
  readonly definition: AnyModuleDefinition;
  readonly options: unknown;
  /** Undefined when an adapter brought it along. */
  readonly source?: ModuleSource;
}

export function planModule(definition: AnyModuleDefinition, id: string, options: unknown, source?: ModuleSource): PlannedModule {
  const idsOf = (refs: unknown): readonly string[] => Object.values((refs ?? {}) as Refs).map((ref) => ref.id);
  return {
    id,
    definition,
    options,
    ...(source === undefined ? {} : { source }),
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
