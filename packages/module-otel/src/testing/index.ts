export { exporterConformance, sampleLog, sampleMetrics, sampleSpan } from './exporter-conformance.js';
export type { ConformanceRunner, ExporterConformanceOptions, ExporterHarness } from './exporter-conformance.js';
export { startOtlpReceiver } from './otlp-receiver.js';
export type { OtlpReceiver, ReceivedExport, ReceiverAnswer } from './otlp-receiver.js';
export { storageConformance } from './storage-conformance.js';
export type { StorageConformanceOptions, StorageHarness } from './storage-conformance.js';
