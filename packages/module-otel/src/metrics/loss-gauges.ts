import type { Meter, Registration } from '@motia/engine-core/contract';

/** Telemetry's own losses as a metric, so that alerts can watch them. */
export function measureLosses(meter: Meter, losses: () => ReadonlyMap<string, number>): Registration {
  return meter.gauge(
    'iii.telemetry.dropped',
    () => [...losses()].map(([where, value]) => ({ value, attributes: { 'iii.telemetry.where': where } })),
    { description: 'Telemetry that was lost since the start of the engine' },
  );
}
