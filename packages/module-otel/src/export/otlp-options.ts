import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

export const otlpOptionsSchema = Type.Object({
  endpoint: Type.String({ default: 'http://localhost:4318', pattern: '^https?://[^\\s/?#]+', hint: 'must be a URL such as "http://localhost:4318"', description: 'Base URL of the collector; `/v1/traces` and so on are added.' }),
  protocol: Type.Union([Type.Literal('http/protobuf'), Type.Literal('http/json'), Type.Literal('grpc')], { default: 'http/protobuf', description: 'What is spoken. `grpc` needs the packages of OpenTelemetry for it.' }),
  headers: Type.Record(Type.String(), Type.String({ secret: true }), { default: {}, description: 'Sent with every request, e.g. an API key.' }),
  compression: Type.Union([Type.Literal('none'), Type.Literal('gzip')], { default: 'none', description: 'How requests are packed.' }),
});

/** Options of `modules::observability::adapters::OtlpExporter` with their defaults filled in. */
export type OtlpOptions = Static<typeof otlpOptionsSchema>;

/** Checks them. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const otlpOptions: OptionsSchema<OtlpOptions> = defineOptions(otlpOptionsSchema);
