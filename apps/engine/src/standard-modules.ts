import { ConsoleModule, consoleModule } from '@motia/console';
import { configSchema, type AnyDefinition } from '@motia/engine-core';
import type { ModuleUse } from '@motia/engine-core/contract';
import { CronModule, KvCronAdapter, cron } from '@motia/module-cron';
import { ExecModule } from '@motia/module-exec';
import { OtelModule, OtlpExporter, SqliteStorage, otel } from '@motia/module-otel';
import { LocalAdapter, PubSubModule, pubsub } from '@motia/module-pubsub';
import { BuiltinQueueAdapter, QueueModule, queue } from '@motia/module-queue';
import { RestModule, rest } from '@motia/module-rest';
import { KvStore as StateKvStore, StateModule, state } from '@motia/module-state';
import { KvStore as StreamKvStore, StreamModule, stream } from '@motia/module-stream';
import { WorkerModule, worker } from '@motia/module-worker';
import { SqliteStore } from '@motia/store-sqlite';

/** Every module that comes with the engine, for schemas and docs. */
export const standardModules: readonly AnyDefinition[] = [
  RestModule, StreamModule, StreamKvStore, StateModule, StateKvStore, QueueModule, BuiltinQueueAdapter,
  CronModule, KvCronAdapter, PubSubModule, LocalAdapter, WorkerModule, OtelModule, OtlpExporter, SqliteStorage, SqliteStore, ConsoleModule, ExecModule,
];

export interface DefaultModulesOptions {
  /** Where modules with a store keep what they are given: in files under `./data`, or in memory. Default `memory`. */
  readonly keep?: 'files' | 'memory';
}

/** What runs without a configuration (`iii --use-default-config`, which keeps files; test apps keep nothing). */
export function defaultModules({ keep = 'memory' }: DefaultModulesOptions = {}): readonly ModuleUse[] {
  const config = { store_method: keep === 'files' ? 'file_based' : 'in_memory' };
  return [
    rest(),
    stream({ adapter: { class: StreamKvStore.class, config } }),
    state({ adapter: { class: StateKvStore.class, config } }),
    queue({ adapter: { class: BuiltinQueueAdapter.class, config } }),
    cron({ adapter: { class: KvCronAdapter.class, config } }),
    pubsub(),
    worker(),
    otel(),
    // Nobody looks at a test app from outside, and its port would stand in the way of another one's.
    ...(keep === 'files' ? [consoleModule()] : []),
  ];
}

/** JSON Schema of a `config.yaml` for the standard modules and `more` of them. */
export function schemaOf(more: readonly AnyDefinition[]): Readonly<Record<string, unknown>> {
  const byClass = new Map([...standardModules, ...more].map((definition) => [definition.class, definition]));
  return configSchema([...byClass.values()]);
}
