import { expect, it } from '@jest/globals';
import { streamClientVersion } from '../src/index.js';

it('has a version', () => {
  expect(streamClientVersion).toBe('0.1.0');
});
