import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import { defineAdapter, StorePoolRef, type OptionsSchema } from '@motia/engine-core/contract';
import { SqliteStore } from '@motia/store-sqlite';
import { otelVersion } from '../version.js';
import { ownRecordsOf } from './module-source.js';
import { SqliteTelemetry } from './sqlite-telemetry.js';
import { TelemetryStorageSlot } from './storage-slot.js';

const schema = Type.Object({
  directory: Type.String({ default: './data', minLength: 1, description: 'Folder of `telemetry.db`, relative to the config file.' }),
});
const options: OptionsSchema<Static<typeof schema>> = defineOptions(schema);

/** `modules::observability::adapters::SqliteStorage`: `telemetry.db`, beside the store of the other modules and apart from it. A power failure may take the last moments of it. */
export const SqliteStorage = defineAdapter({
  name: '@motia/module-otel/sqlite-storage',
  version: otelVersion,
  contract: 1,
  class: TelemetryStorageSlot.fallback,
  slot: TelemetryStorageSlot,
  capabilities: ['survivesRestarts'],
  options,
  requires: { pool: StorePoolRef },
  brings: [SqliteStore],
  async create({ services: { pool }, clock, logger, health }, { directory }) {
    const request = { directory, name: 'telemetry', durability: 'normal' as const };
    // Telemetry that cannot be kept costs itself, not the app.
    pool.expect(request, { isVital: false });
    return {
      service: {
        async open(source) {
          const telemetry = new SqliteTelemetry({ ...ownRecordsOf(source), clock, logger, health, store: await pool.open(request) });
          await telemetry.start();
          return telemetry;
        },
      },
    };
  },
});
