import preset from '../../jest.preset.mjs';

// Real processes on a busy machine: a test waits for what must happen, and this only bounds the wait.
export default { ...preset, testTimeout: 30_000 };
