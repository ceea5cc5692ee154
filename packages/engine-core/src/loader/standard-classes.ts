/** One class path that the product knows by itself. */
export interface StandardClass {
  readonly kind: 'module' | 'adapter';
  /** npm package that brings it. */
  readonly package: string;
  /**
   * `built`: install the package and it works. `planned`: part of the design, no release has it yet.
   * `ignored`: accepted so that an existing file works, and does nothing.
   */
  readonly status: 'built' | 'planned' | 'ignored';
  /** Services that it provides, to name the package when one is missing. */
  readonly provides?: readonly string[];
  /** Said when it is named although it is not `built`. */
  readonly note?: string;
}

const module = (name: string, status: StandardClass['status'], rest: Partial<StandardClass> = {}): StandardClass => ({ kind: 'module', package: name, status, ...rest });
const adapter = (name: string, status: StandardClass['status'], note?: string): StandardClass => ({ kind: 'adapter', package: name, status, ...(note === undefined ? {} : { note }) });

/** Every class path of the product and of the configs that it takes over. Packages are loaded only when named. */
export const standardClasses: ReadonlyMap<string, StandardClass> = new Map([
  ['modules::api::RestApiModule', module('@motia/module-rest', 'built', { provides: ['rest.server'] })],
  ['modules::shell::ExecModule', module('@motia/module-exec', 'built', { provides: ['exec.processes'] })],
  ['modules::stream::StreamModule', module('@motia/module-stream', 'built', { provides: ['stream.service'] })],
  ['modules::state::StateModule', module('@motia/module-state', 'built', { provides: ['state.service'] })],
  ['modules::queue::QueueModule', module('@motia/module-queue', 'built', { provides: ['queue.service', 'queue.enqueue'] })],
  ['modules::cron::CronModule', module('@motia/module-cron', 'built', { provides: ['cron.service'] })],
  ['modules::pubsub::PubSubModule', module('@motia/module-pubsub', 'built', { provides: ['pubsub.service'] })],
  ['modules::observability::OtelModule', module('@motia/module-otel', 'built', { provides: ['telemetry.sink', 'otel.service'] })],
  ['modules::worker::WorkerModule', module('@motia/module-worker', 'built', { provides: ['worker.listener'] })],
  ['modules::store::SqliteStore', module('@motia/store-sqlite', 'built', { provides: ['store.pool'] })],
  ['modules::console::ConsoleModule', module('@motia/console', 'built', { provides: ['console.service'] })],
  ['modules::bridge_client::BridgeClientModule', module('@motia/module-bridge', 'planned')],
  ['modules::http_functions::HttpFunctionsModule', module('@motia/module-http-functions', 'planned')],
  ['modules::telemetry::TelemetryModule', module('@motia/engine-core', 'ignored', { note: 'this engine sends no usage data to anybody; the entry can be removed' })],
  ['modules::observability::adapters::SqliteStorage', adapter('@motia/module-otel', 'built')],
  ['modules::observability::adapters::OtlpExporter', adapter('@motia/module-otel', 'built')],
  ['modules::stream::adapters::KvStore', adapter('@motia/module-stream', 'built')],
  ['modules::stream::adapters::RedisAdapter', adapter('@motia/module-stream', 'planned')],
  ['modules::stream::adapters::Bridge', adapter('@motia/module-stream', 'planned')],
  ['modules::state::adapters::KvStore', adapter('@motia/module-state', 'built')],
  ['modules::state::adapters::RedisAdapter', adapter('@motia/module-state', 'planned')],
  ['modules::state::adapters::Bridge', adapter('@motia/module-state', 'planned')],
  ['modules::queue::BuiltinQueueAdapter', adapter('@motia/module-queue', 'built')],
  ['modules::queue::RedisAdapter', adapter('@motia/module-queue', 'planned')],
  ['modules::queue::RabbitMQAdapter', adapter('@motia/module-queue', 'planned')],
  ['modules::queue::adapters::Bridge', adapter('@motia/module-queue', 'planned')],
  ['modules::pubsub::LocalAdapter', adapter('@motia/module-pubsub', 'built')],
  ['modules::pubsub::RedisAdapter', adapter('@motia/module-pubsub', 'planned')],
  ['modules::cron::KvCronAdapter', adapter('@motia/module-cron', 'built')],
  ['modules::cron::RedisCronAdapter', adapter('@motia/module-cron', 'planned')],
]);

/**
 * Keys of existing configs that the design has no use for: accepted in standard modules and adapters, without effect,
 * one boot notice each. The value says what does the job now.
 */
export const supersededKeys: Readonly<Record<string, string>> = {
  save_interval_ms: 'nothing: every accepted write is on disk before it is answered',
  channel_size: 'nothing: changes are handed over without a fixed buffer',
  poll_interval_ms: 'nothing: work is dispatched when it arrives, not polled for',
  lock_ttl_ms: 'nothing: a slot is claimed once in the store, without a lock that could expire',
  lock_index: 'nothing: a slot is claimed once in the store, without a lock',
};

/** Packages whose modules provide a service. */
export function packagesProviding(service: string): readonly string[] {
  return [...standardClasses.values()].filter(({ provides, status }) => status === 'built' && provides?.includes(service)).map((entry) => entry.package);
}
