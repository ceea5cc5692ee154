import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Shared by every package; `tools/jest/run.mjs` chooses the kind of test by its suffix. */
export default {
  testEnvironment: here('./tools/jest/environment.mjs'),
  testEnvironmentOptions: { customExportConditions: ['@motia/source', 'node', 'node-addons'] },
  // Bounds a wait on a busy machine; no test may depend on it.
  testTimeout: 15_000,
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleFileExtensions: ['js', 'mjs', 'cjs', 'ts', 'tsx', 'json', 'node'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.tsx?$': [
      here('./node_modules/@swc/jest/index.js'),
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript', tsx: false, importAttributes: true }, keepClassNames: true },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/results/'],
  reporters: ['default', here('./tools/jest/count-reporter.mjs')],
};
