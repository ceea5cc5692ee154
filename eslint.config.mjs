import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import jsoncParser from 'jsonc-eslint-parser';
import tseslint from 'typescript-eslint';
import { boundaryByName } from './tools/lint/boundary-by-name.mjs';
import { launcherBoundaries, sourceBoundaries, testBoundaries } from './tools/lint/boundaries.mjs';
import {
  everyFreedom,
  restrictedGlobals,
  restrictedImports,
  restrictedSyntax,
  restrictedSyntaxWithDefault,
} from './tools/lint/restrictions.mjs';

const tests = ['**/test/**', '**/bench/**', 'tools/**', '**/*.config.{mjs,ts}'];
const launchers = ['apps/engine/src/{bin,cli}/**', 'packages/motia-sdk/src/{bin,cli,build,launcher,runtime,preamble,watcher,output}/**'];
const freedom = (granted) => ({
  'no-restricted-imports': restrictedImports(granted),
  'no-restricted-globals': restrictedGlobals(granted),
});

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/results/**', '**/.nx/**', '**/fixtures/**/*.{js,mjs,cjs}', 'tools/generators/module/files/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [js.configs.recommended, tseslint.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-empty-object-type': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
    },
  },
  {
    files: ['**/*.{ts,tsx,mjs}'],
    plugins: { '@nx': nx, 'import-x': importX, motia: { rules: { 'boundary-by-name': boundaryByName } } },
    settings: {
      'import-x/resolver-next': [
        createNodeResolver({
          conditionNames: ['@motia/source', 'types', 'import', 'node', 'default'],
          extensions: ['.ts', '.tsx', '.mjs', '.js'],
          extensionAlias: { '.js': ['.ts', '.tsx', '.js'] },
        }),
      ],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
    },
    rules: {
      '@nx/enforce-module-boundaries': sourceBoundaries,
      'motia/boundary-by-name': 'error',
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-relative-packages': 'error',
      'no-restricted-syntax': restrictedSyntax,
    },
  },
  // What a source file may touch of its process: nothing, unless a block below says otherwise.
  { files: ['**/src/**/*.{ts,tsx}'], rules: { ...freedom({}), 'max-lines': ['error', { max: 400 }] } },
  {
    files: ['packages/motia-sdk/src/**/*.ts'],
    rules: { '@nx/enforce-module-boundaries': launcherBoundaries, 'motia/boundary-by-name': ['error', { lazy: ['@motia/engine'] }] },
  },
  { files: ['packages/engine-core/src/{clock,system}/**/*.ts', 'packages/engine-core/src/**/system-clock.ts'], rules: freedom({ timers: true, process: true }) },
  { files: ['packages/stream-client/src/platform/*.ts'], rules: freedom({ timers: true }) },
  { files: ['packages/module-exec/src/**/*.ts'], rules: freedom({ children: true, process: true }) },
  { files: ['**/src/testing/**/*.ts'], rules: freedom({ timers: true, process: true }) },
  { files: launchers, rules: freedom(everyFreedom) },
  { files: ['packages/{module,store}-*/src/index.ts'], rules: { 'no-restricted-syntax': restrictedSyntaxWithDefault } },
  {
    files: [...tests, 'examples/**'],
    rules: {
      ...freedom(everyFreedom),
      '@nx/enforce-module-boundaries': testBoundaries,
      'motia/boundary-by-name': ['error', { extraTags: ['type:tool'] }],
      'no-restricted-syntax': restrictedSyntaxWithDefault,
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  { files: ['**/test/types/**/*.ts'], rules: { '@typescript-eslint/no-unused-vars': 'off', '@typescript-eslint/no-unused-expressions': 'off' } },
  // Configs and tools reach into each other by path on purpose.
  { files: ['**/*.config.mjs', 'tools/**'], rules: { 'import-x/no-relative-packages': 'off', '@nx/enforce-module-boundaries': 'off', 'motia/boundary-by-name': 'off' } },
  {
    files: ['{packages,apps}/*/package.json'],
    languageOptions: { parser: jsoncParser },
    plugins: { '@nx': nx },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          ignoredFiles: ['{projectRoot}/test/**', '{projectRoot}/bench/**', '{projectRoot}/*.config.{mjs,ts}'],
          ignoredDependencies: ['@motia/tools'],
        },
      ],
    },
  },
);
