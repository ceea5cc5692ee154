import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::otel::OtelModule` as config.yaml writes them. */
export const otelOptionsSchema = Type.Object({
  greeting: Type.String({ default: 'Hello', minLength: 1, description: 'First word of what `otel::greet` answers.' }),
});

/** Options with their defaults filled in. */
export type OtelOptions = Static<typeof otelOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type OtelInput = Partial<OtelOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const otelOptions: OptionsSchema<OtelOptions> = defineOptions(otelOptionsSchema);
