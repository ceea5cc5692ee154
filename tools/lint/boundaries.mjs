/** Who may import whom, by the `nx.tags` of package.json. `import type` counts. A module never imports a module. */
export const allowed = {
  'type:protocol': [],
  'type:core': ['type:protocol'],
  'type:store': ['type:core'],
  'type:module': ['type:core', 'type:store'],
  'type:sdk': ['type:protocol'],
  'type:app': ['type:protocol', 'type:core', 'type:store', 'type:module', 'type:sdk', 'type:app'],
  'type:example': ['type:protocol', 'type:core', 'type:store', 'type:module', 'type:sdk', 'type:app'],
  'type:tool': ['type:tool'],
};

function rule({ extraTags = [], allow = [] } = {}) {
  return [
    'error',
    {
      enforceBuildableLibDependency: false,
      allowCircularSelfDependency: true,
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
