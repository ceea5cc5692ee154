export { MotiaStreamProvider } from './provider.js';
export type { MotiaStreamProviderProps } from './provider.js';
export { useMotiaStream, useStreamEventHandler, useStreamGroup, useStreamItem } from './hooks.js';
export type { StreamEventSource, StreamView } from './hooks.js';
