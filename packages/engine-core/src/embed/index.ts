export { embed } from './embed.js';
export type { Embedded, EmbedOptions } from './embed.js';
