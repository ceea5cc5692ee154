import type { AdapterSlot, StoreService } from '@motia/engine-core/contract';

/** Where telemetry is kept on disk: a store of its own, opened when the module starts. */
export interface TelemetryStorage {
  /** @throws `MOTIA_STORE_…` */
  open(): Promise<StoreService>;
}

/** Filled by `exporter: sqlite`. */
export const TelemetryStorageSlot: AdapterSlot<TelemetryStorage, 'survivesRestarts'> = {
  id: 'otel.storage',
  capabilities: ['survivesRestarts'],
  fallback: 'modules::observability::adapters::SqliteStorage',
};
