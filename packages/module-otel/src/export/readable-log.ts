import type { AnyValueMap } from '@opentelemetry/api-logs';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { logAttributes, severityOf, type LogData } from '../logs/log-data.js';
import type { ExportResource } from './exporter-slot.js';
import { hrTime } from './readable-span.js';

/** Makes OpenTelemetry's log records of ours. */
export function readableLogs(ownResource: ExportResource): (log: LogData) => ReadableLogRecord {
  const own = resourceFromAttributes(ownResource);
  const resources = new Map<string, Resource>();
  const scopes = new Map<string, { readonly name: string }>();
  return (log) => {
    const resource = log.workerId === undefined ? own : remembered(resources, log.source, () => resourceFromAttributes({ ...ownResource, 'service.name': log.source }));
    return {
      hrTime: hrTime(log.timeMs),
      hrTimeObserved: hrTime(log.observedMs),
      ...(log.traceId === undefined || log.spanId === undefined ? {} : { spanContext: { traceId: log.traceId, spanId: log.spanId, traceFlags: 1 } }),
      severityNumber: severityOf[log.level],
      severityText: log.level.toUpperCase(),
      body: log.message,
      attributes: logAttributes(log) as AnyValueMap,
      resource,
      instrumentationScope: remembered(scopes, log.source, () => ({ name: log.source })),
      droppedAttributesCount: 0,
    };
  };
}

function remembered<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  if (map.size < 1000) map.set(key, made);
  return made;
}
