import { configSchema, type AnyDefinition, type ImportPackage } from '@motia/engine-core';
import type { ModuleUse } from '@motia/engine-core/contract';
import { ExecModule } from '@motia/module-exec';
import { PubSubModule, pubsub } from '@motia/module-pubsub';
import { RestModule, rest } from '@motia/module-rest';
import { WorkerModule, worker } from '@motia/module-worker';
import { SqliteStore } from '@motia/store-sqlite';

/** Every module that comes with the engine, for schemas and docs. */
export const standardModules: readonly AnyDefinition[] = [RestModule, PubSubModule, WorkerModule, SqliteStore, ExecModule];

export interface DefaultModulesOptions {
  /** Where modules with a store keep what they are given: in files under `./data`, or in memory. Default `memory`. */
  readonly keep?: 'files' | 'memory';
}

/** What runs without a configuration (`iii --use-default-config`, which keeps files; test apps keep nothing). */
export function defaultModules(_options: DefaultModulesOptions = {}): readonly ModuleUse[] {
  return [rest(), pubsub(), worker()];
}

/** Finds the standard packages beside this one, wherever the user's app lives. */
export const importBesideEngine: ImportPackage = (specifier) => import(specifier) as ReturnType<ImportPackage>;

/** JSON Schema of a `config.yaml` for the standard modules and `more` of them. */
export function schemaOf(more: readonly AnyDefinition[]): Readonly<Record<string, unknown>> {
  const byClass = new Map([...standardModules, ...more].map((definition) => [definition.class, definition]));
  return configSchema([...byClass.values()]);
}
