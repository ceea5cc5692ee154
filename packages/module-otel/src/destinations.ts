import type { PluginContext } from '@motia/engine-core/contract';
import type { Destination } from './exports.js';
import { TelemetryExporterSlot, type ExporterCapability } from './export/exporter-slot.js';
import { hasGrpc } from './export/otlp-grpc.js';
import type { OtelOptions } from './options.js';
import type { Settings } from './settings.js';

/** Loads what sends telemetry elsewhere: OTLP where options say so, and the adapters that are named. */
export async function loadDestinations(ctx: PluginContext, options: OtelOptions, settings: Settings): Promise<readonly Destination[]> {
  const destinations: Destination[] = [];
  const gets = new Set<ExporterCapability>();
  if (settings.traces.otlp) gets.add('traces');
  if (settings.logs.otlp) gets.add('logs');
  if (settings.metrics.otlp) gets.add('metrics');
  if (gets.size > 0) {
    const { service } = await ctx.adapter(TelemetryExporterSlot, { class: TelemetryExporterSlot.fallback, config: await otlpConfig(ctx, settings) });
    destinations.push({ exporter: service, gets });
  }
  for (const choice of options.adapters) {
    const { service, supports } = await ctx.adapter(TelemetryExporterSlot, { class: choice.class, ...(choice.config === undefined ? {} : { config: choice.config }) });
    destinations.push({ exporter: service, gets: supports });
  }
  return destinations;
}

/** Port 4317 speaks gRPC. Who has not installed it reaches the same collector over HTTP, on the port beside. */
async function otlpConfig(ctx: PluginContext, { otlp, guessesGrpc }: Settings): Promise<Settings['otlp']> {
  if (!guessesGrpc) return otlp;
  if (await hasGrpc()) return { ...otlp, protocol: 'grpc' };
  const endpoint = new URL(otlp.endpoint);
  endpoint.port = '4318';
  ctx.logger.warn('Port 4317 of a collector speaks gRPC, whose packages are not installed: sending over HTTP to port 4318. Set `protocol` or `endpoint` to say what is meant', { endpoint: endpoint.host });
  return { ...otlp, endpoint: endpoint.href.replace(/\/$/, '') };
}
