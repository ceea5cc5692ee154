/** The bans of CONTRIBUTING.md ("Rules of the code"), each with the sentence that a reader of the lint error needs. */
const deepImport = {
  regex: '^(@motia/[^/]+|motia)/(src|dist)(/|$)',
  message: 'Import what the exports map of the package offers, never its files.',
};
const processModule = { name: 'node:process', message: 'process belongs to the CLI and the launcher; take what you need as a parameter.' };
const timerModules = ['node:timers', 'node:timers/promises', 'timers', 'timers/promises'].map((name) => ({
  name,
  message: 'Time comes from the lent Clock, so that tests own it.',
}));
const childModules = ['node:child_process', 'child_process'].map((name) => ({
  name,
  message: 'Child processes belong to module-exec and the motia launcher.',
}));

/** `no-restricted-imports` with the named freedoms granted. */
export function restrictedImports({ process, timers, children } = {}) {
  const paths = [
    ...(process ? [] : [processModule, { ...processModule, name: 'process' }]),
    ...(timers ? [] : timerModules),
    ...(children ? [] : childModules),
  ];
  return ['error', { paths, patterns: [deepImport] }];
}

/** `no-restricted-globals` with the named freedoms granted. */
export function restrictedGlobals({ process, console, timers } = {}) {
  const banned = [
    ...(process ? [] : [{ name: 'process', message: processModule.message }]),
    ...(console ? [] : [{ name: 'console', message: 'Log through the lent Logger.' }]),
    ...(timers ? [] : ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'].map((name) => ({ name, message: timerModules[0].message }))),
  ];
  // Not a bare 'error': ESLint would keep the names that an earlier block banned.
  return banned.length === 0 ? 'off' : ['error', ...banned];
}

const noEnum = { selector: 'TSEnumDeclaration', message: 'No enum: a union of string literals, or an `as const` object.' };
const noExportAll = { selector: 'ExportAllDeclaration', message: 'No `export *`: the public surface is listed by name.' };
const noDefault = { selector: 'ExportDefaultDeclaration', message: 'Default exports are for plugin definitions in src/index.ts and for config files.' };

export const restrictedSyntax = ['error', noEnum, noExportAll, noDefault];
export const restrictedSyntaxWithDefault = ['error', noEnum, noExportAll];
/** The CLI and the launcher: every freedom. */
export const everyFreedom = { process: true, console: true, timers: true, children: true };
