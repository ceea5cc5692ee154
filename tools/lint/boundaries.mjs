const everything = ['type:pure', 'type:protocol', 'type:core', 'type:store', 'type:module', 'type:sdk', 'type:client', 'type:app'];

/** Who may import whom, by the `nx.tags` of package.json. `import type` counts. A module never imports a module. */
export const allowed = {
  // Rules about plain values that several layers share (update operations): no imports, no world.
  'type:pure': [],
  'type:protocol': [],
  'type:core': ['type:protocol'],
  'type:store': ['type:core', 'type:pure'],
  'type:module': ['type:core', 'type:store', 'type:pure'],
  'type:sdk': ['type:protocol', 'type:pure'],
  // What runs in browsers.
  'type:client': ['type:pure'],
  'type:app': everything,
  'type:example': everything,
  'type:tool': ['type:tool'],
};

function rule({ extraTags = [], allow = [] } = {}) {
  return [
    'error',
    {
      enforceBuildableLibDependency: false,
      allowCircularSelfDependency: true,
      // One file may load by name what another imports: commands load only what they need.
      checkDynamicDependenciesExceptions: ['.*'],
      allow,
      depConstraints: Object.entries(allowed).map(([sourceTag, tags]) => ({
        sourceTag,
        onlyDependOnLibsWithTags: [...tags, ...extraTags],
      })),
    },
  ];
}

/** Sources: the table above and nothing else. */
export const sourceBoundaries = rule();
/** Tests, benches and config files may also use the repository's tools. */
export const testBoundaries = rule({ extraTags: ['type:tool'] });
/** The one exception: `motia dev` and `motia/testing` load the optional peer `@motia/engine`, by `import()` only. */
export const launcherBoundaries = rule({ allow: ['@motia/engine', '@motia/engine/**'] });
