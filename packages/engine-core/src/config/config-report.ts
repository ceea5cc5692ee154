import { isMotiaError } from '@motia/protocol';
import type { AnyAdapterDefinition } from '../contract/adapter.js';
import type { ConfigReport, ConfiguredModule, ConfigView } from '../contract/config.js';
import type { PlannedModule } from '../host/planned-module.js';
import type { AnyDefinition } from '../loader/definition-shape.js';
import { adapterOptions, type ConfigNotice } from './plan-modules.js';
import { shownOptions } from './shown-options.js';

export interface ConfigFacts {
  /** Absolute path and text of the config file as it was read. */
  readonly file: { readonly path: string; readonly text: string } | undefined;
  readonly modules: () => readonly PlannedModule[];
  readonly notices: readonly ConfigNotice[];
  readonly definitions: () => readonly AnyDefinition[];
  /** The file as it stands now. Rejects when it is not there. */
  readonly readNow: (path: string) => Promise<string>;
}

/** The configuration that an engine runs with, for tools: no secret is in it. */
export function configView({ file, modules, notices, definitions, readNow }: ConfigFacts): ConfigView {
  return {
    async report(): Promise<ConfigReport> {
      const now = file === undefined ? undefined : await readNow(file.path).catch(() => undefined);
      return {
        file: file?.path ?? null,
        restartNeeded: now !== file?.text,
        modules: modules().map((module) => shownModule(module, definitions())),
        notices: notices.map(({ message, pointer, line }) => ({ message, pointer, ...(line === undefined ? {} : { line }) })),
      };
    },
  };
}

function shownModule({ id, definition, options, source }: PlannedModule, definitions: readonly AnyDefinition[]): ConfiguredModule {
  const shown = shownOptions(options, {
    schema: definition.options.jsonSchema,
    given: source?.given,
    from: source?.from ?? 'code',
    writtenAt: (pointer) => source?.writtenAt(pointer),
    adapter: (choice) => {
      const found = definitions.find((candidate): candidate is AnyAdapterDefinition => candidate.kind === 'adapter' && candidate.class === choice.class);
      return found === undefined ? undefined : { schema: found.options.jsonSchema, options: effective(found, choice) };
    },
  });
  const { name, version, class: classPath } = definition;
  return { id, class: classPath, name, version, from: source?.from ?? 'adapter', ...(source?.line === undefined ? {} : { line: source.line }), ...shown };
}

function effective(definition: AnyAdapterDefinition, choice: { readonly class: string; readonly config?: unknown }): unknown {
  try {
    return adapterOptions(definition, choice);
  } catch (error) {
    // They were proven when the engine was made; a schema of somebody else's making may have changed its mind.
    if (isMotiaError(error)) return choice.config;
    throw error;
  }
}
