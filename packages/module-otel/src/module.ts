import { defineModule, moduleFactory, SecretRulesRef, StorePoolRef, TelemetrySinkRef, type ModuleUse } from '@motia/engine-core/contract';
import { OtelServiceRef } from './api/otel-service.js';
import { createOtel } from './create-otel.js';
import { otelOptions, type OtelInput } from './options.js';
import { otelVersion } from './version.js';

/** `modules::observability::OtelModule`: traces, metrics and logs of every hop. */
export const OtelModule = defineModule({
  name: '@motia/module-otel',
  version: otelVersion,
  contract: 1,
  class: 'modules::observability::OtelModule',
  options: otelOptions,
  provides: { sink: TelemetrySinkRef, otel: OtelServiceRef, secrets: SecretRulesRef },
  // Where there is a store, it is there first: telemetry on disk is kept by it.
  optional: { pool: StorePoolRef },
  triggerTypes: ['log'],
  create: createOtel,
});

/** `createEngine({ modules: [otel({ exporter: 'sqlite' })] })`. */
export const otel: (options?: OtelInput) => ModuleUse = moduleFactory<OtelInput>(OtelModule);
