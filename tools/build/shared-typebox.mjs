/**
 * An esbuild plugin: packages take the schema builder from the one file of engine-core. The library itself is more than 400 files, which
 * every start of an engine would read; see docs/decisions/005.
 */
export function sharedTypebox() {
  return {
    name: 'shared-typebox',
    setup(build) {
      build.onResolve({ filter: /^@sinclair\/typebox$/ }, () => ({ path: '@motia/engine-core/typebox', external: true }));
    },
  };
}
