import { createRequire } from 'node:module';

/** jest-environment-node is CJS with a `default` export; this is its class under its own name. */
export const NodeEnvironment = createRequire(import.meta.url)('jest-environment-node').default;
