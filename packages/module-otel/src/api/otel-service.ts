import type { TracerProvider } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import { defineRef } from '@motia/engine-core/contract';
import type { MetricData } from '../metrics/metric-data.js';

/** What the module offers to programs that compose an engine. */
export interface OtelService {
  /** For code in this process that uses the API of OpenTelemetry. Undefined while the module is disabled. */
  readonly tracerProvider: TracerProvider | undefined;
  /** All numbers as they stand. */
  metrics(): readonly MetricData[];
}
export const OtelServiceRef = defineRef<OtelService>('otel.service');

/**
 * Makes the engine's tracer that of the whole process. For programs that own their process: the module itself never
 * touches globals. @returns what takes it back; undefined when somebody else was first
 */
export function useAsGlobalTracer(service: OtelService): (() => void) | undefined {
  const { tracerProvider } = service;
  if (tracerProvider === undefined || !trace.setGlobalTracerProvider(tracerProvider)) return undefined;
  return () => trace.disable();
}
