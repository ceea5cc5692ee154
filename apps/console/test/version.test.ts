import { expect, it } from '@jest/globals';
import { consoleVersion } from '../src/index.js';

it('has a version', () => {
  expect(consoleVersion).toBe('0.1.0');
});
