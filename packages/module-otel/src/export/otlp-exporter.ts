import { defineAdapter } from '@motia/engine-core/contract';
import { otelVersion } from '../version.js';
import { TelemetryExporterSlot } from './exporter-slot.js';
import { otlpOptions } from './otlp-options.js';
import { canStartThread, ThreadExporter } from './thread/thread-exporter.js';

/** `modules::observability::adapters::OtlpExporter`: OTLP over HTTP, as protobuf or JSON, or over gRPC; from a thread of its own. */
export const OtlpExporter = defineAdapter({
  name: '@motia/module-otel/otlp',
  version: otelVersion,
  contract: 1,
  class: 'modules::observability::adapters::OtlpExporter',
  slot: TelemetryExporterSlot,
  capabilities: ['traces', 'logs', 'metrics'],
  options: otlpOptions,
  async create({ clock }, options) {
    if (canStartThread()) {
      const exporter = await ThreadExporter.start(options, clock);
      return { service: exporter, stop: () => exporter.stop() };
    }
    // What writes OTLP is large: it is loaded by whoever sends.
    const { openSender } = await import('./otlp-sender.js');
    const { exporter, close } = await openSender(options, clock);
    return { service: exporter, stop: close };
  },
});
