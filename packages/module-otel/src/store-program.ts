import { defineStoreProgram } from '@motia/engine-core/contract';
import { clearLogs, clearSpans, interrupt, write } from './sqlite/commands.js';
import { otelMigrations } from './sqlite/migrations.js';
import { chunk, engines, entries, held, logsBefore, openElsewhere, rollups, strings } from './sqlite/queries.js';

/** Telemetry in a SQLite store of its own. */
export const storeProgram = defineStoreProgram({
  name: 'otel',
  source: { specifier: '@motia/module-otel/store-program', from: import.meta.url },
  migrations: otelMigrations,
  commands: { write, interrupt, clearSpans, clearLogs },
  queries: { engines, entries, chunk, openElsewhere, strings, logsBefore, rollups, held },
});
export type OtelProgram = typeof storeProgram;
