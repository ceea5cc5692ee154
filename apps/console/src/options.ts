import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

/** Options of `modules::console::ConsoleModule` as config.yaml writes them. */
export const consoleOptionsSchema = Type.Object({
  port: Type.Integer({ default: 3113, minimum: 0, maximum: 65_535, description: 'Port of the page and its data; 0 takes a free one.' }),
  host: Type.Optional(Type.String({ minLength: 1, description: 'Address to listen on. Unset or `localhost`: 127.0.0.1, and ::1 where present. Any other needs `token`.' })),
  token: Type.Optional(Type.String({ minLength: 16, maxLength: 4096, secret: true, description: 'Secret that opens the console. Left out: a random one per start, printed with the address. At least 16 characters.' })),
  allowed_hosts: Type.Array(Type.String({ minLength: 1 }), { default: [], description: 'Names beside `localhost` and loopback addresses that a Host header may give. Any other is refused, so that no foreign page can reach the console through a name of its own.' }),
  read_only: Type.Boolean({ default: false, description: 'Everything can be looked at and nothing changed: changes are refused with READ_ONLY.' }),
  refresh_interval_ms: Type.Integer({ default: 250, minimum: 100, maximum: 60_000, unit: 'ms', description: 'How often a live topic that somebody watches looks for changes. Topics that nobody watches cost nothing.' }),
  max_live_connections: Type.Integer({ default: 64, minimum: 1, maximum: 10_000, description: 'Open live connections; further ones are refused with 503.' }),
});

/** Options with their defaults filled in. */
export type ConsoleOptions = Static<typeof consoleOptionsSchema>;
/** Options as a program writes them: all may be left out. */
export type ConsoleInput = Partial<ConsoleOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const consoleOptions: OptionsSchema<ConsoleOptions> = defineOptions(consoleOptionsSchema);
