import { expect, it } from '@jest/globals';
import { storeVersion } from '../src/index.js';

it('has a version', () => {
  expect(storeVersion).toBe('0.1.0');
});
