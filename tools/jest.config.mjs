import preset from '../jest.preset.mjs';

export default { ...preset, testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/fixtures/'] };
