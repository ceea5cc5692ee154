import { expect, it } from '@jest/globals';
import { updateOpsVersion } from '../src/index.js';

it('has a version', () => {
  expect(updateOpsVersion).toBe('0.1.0');
});
